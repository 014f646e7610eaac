#include "flow/logic/suspicion.hpp"

#include <algorithm>
#include <string_view>

#include <pawl/code_ref.hpp>

#include "flow/logic/logic.hpp"

namespace pawl::flow::logic {
namespace {

/// Whether a rule is an array or an object that it makes itself, so that nothing else is the same.
bool makes_structure(const json& rule) {
  if (!rule.is_object() || rule.size() != 1) return rule.is_structured();
  return rule.begin().key() == "object" ||
         (rule.begin().key() == "literal" && rule.begin()->is_structured());
}

std::optional<suspicion> suspicion_of_comparison(std::string_view name, const json& args) {
  if (!args.is_array() || std::none_of(args.begin(), args.end(), makes_structure))
    return std::nullopt;
  const bool is_negated = name.front() == '!';
  return suspicion{"compared_by_identity",
                   pawl::quoted(name) +
                       " compares arrays and objects by identity, and this one is never the same "
                       "as another; to compare what is in them, write " +
                       (is_negated ? R"({"!": [{"equal": […]}]})" : R"({"equal": […]})")};
}

/// Whether a rule stands anywhere in a literal.
bool contains_rule(const json& literal) {
  if (!literal.is_structured()) return false;
  return is_rule(literal) || std::any_of(literal.begin(), literal.end(),
                                         [](const json& part) { return contains_rule(part); });
}

/// The rule that reads a path around an iteration.
json read_outside(std::string_view path) {
  json keys = json::array({json::array({2})});
  for (std::size_t dot = path.find('.'); dot != path.npos; dot = path.find('.')) {
    keys.push_back(path.substr(0, dot));
    path.remove_prefix(dot + 1);
  }
  keys.push_back(path);
  return {{"val", std::move(keys)}};
}

std::optional<suspicion> suspicion_of_read(const json& args) {
  const json& path = args.is_array() && !args.empty() ? args.front() : args;
  if (!path.is_string()) return std::nullopt;
  const std::string_view text = path.get_ref<const std::string&>();
  const std::string_view first = text.substr(0, text.find('.'));
  if (text.empty() || first == "current" || first == "accumulator") return std::nullopt;
  return suspicion{"read_in_reduce",
                   "in the body of \"reduce\", \"var\" reads only \"current\" and \"accumulator\", "
                   "so " +
                       pawl::quoted(first) + " is absent; " + read_outside(text).dump() +
                       " reads the data around it"};
}

/// The path `a.0.b` of `a[0].b` and of `a[0]["b"]`; nothing if there are no such brackets.
std::optional<std::string> without_brackets(std::string_view path) {
  std::string made;
  bool has_brackets = false;
  for (std::size_t at = 0; at < path.size(); ++at) {
    if (path[at] != '[' || at == 0) {
      made += path[at];
      continue;
    }
    const std::size_t end = path.find(']', at);
    if (end == path.npos) return std::nullopt;
    std::string_view inside = path.substr(at + 1, end - at - 1);
    const bool is_index = !inside.empty() && inside.find_first_not_of("0123456789") == inside.npos;
    const bool is_quoted = inside.size() > 2 && inside.front() == inside.back() &&
                           (inside.front() == '"' || inside.front() == '\'');
    if (!is_index && !is_quoted) return std::nullopt;
    if (is_quoted) inside = inside.substr(1, inside.size() - 2);
    made += '.';
    made += inside;
    has_brackets = true;
    at = end;
  }
  return has_brackets ? std::optional{std::move(made)} : std::nullopt;
}

/// Whether a path is written as in other languages: "{{a.b}}", "$.a.b", "${a.b}" or "a[0].b".
std::optional<suspicion> suspicion_of_path(const json& args) {
  const json& path = args.is_array() && !args.empty() ? args.front() : args;
  if (!path.is_string()) return std::nullopt;
  std::string_view text = path.get_ref<const std::string&>();
  const std::string_view written = text;
  const auto dotted = without_brackets(text);
  if (dotted) {
    text = *dotted;
  } else if (text.starts_with("$.")) {
    text.remove_prefix(2);
  } else if (text.starts_with("{{") || text.starts_with("${")) {
    text.remove_prefix(2);
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with('}') || text.ends_with(' ')) text.remove_suffix(1);
  } else {
    return std::nullopt;
  }
  return suspicion{"foreign_path", "\"var\" takes a path as it is, and no key is named " +
                                       pawl::quoted(written.substr(0, written.find('.'))) +
                                       "; did you mean " + json{{"var", text}}.dump() + "?"};
}

}  // namespace

std::optional<suspicion> suspicion_of_call(const operator_entry& called, const json& argument,
                                           bool in_reduce) {
  const std::string_view name = called.name;
  if (name == "==" || name == "===" || name == "!=" || name == "!==")
    return suspicion_of_comparison(name, argument);
  if (name != "var") return std::nullopt;
  if (auto foreign = suspicion_of_path(argument)) return foreign;
  return in_reduce ? suspicion_of_read(argument) : std::nullopt;
}

std::optional<suspicion> suspicion_of_literal(const json& object) {
  if (!contains_rule(object)) return std::nullopt;
  return suspicion{
      "rule_in_literal",
      "an object with several keys inside a rule is a literal: the rule in it is not evaluated; "
      "write {\"object\": …} around the object to compute it"};
}

}  // namespace pawl::flow::logic
