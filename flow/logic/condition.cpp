#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include <pawl/code_ref.hpp>

#include "flow/logic/compiler.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow::logic {
namespace {

constexpr std::array<std::string_view, 8> comparisons = {
    "<", "<=", "==", "===", "!=", ">", "!==", ">="};

/// Splits a text at single spaces; none unless it has exactly three parts.
std::optional<std::array<std::string_view, 3>> three_parts(std::string_view text) {
  std::array<std::string_view, 3> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto end = text.find(' ');
    if ((end == text.npos) != (i == 2)) return std::nullopt;
    parts[i] = text.substr(0, end);
    if (parts[i].empty()) return std::nullopt;
    text.remove_prefix(i == 2 ? text.size() : end + 1);
  }
  return parts;
}

/// A side of a comparison as JSON: a literal, or a variable.
json side(std::string_view text) {
  json literal = json::parse(text, nullptr, false);
  if (!literal.is_discarded()) return literal;
  if (text.size() > 1 && text.front() == '\'' && text.back() == '\'')
    return std::string(text.substr(1, text.size() - 2));
  return {{"var", std::string(text)}};
}

/// Returns the rule that a text such as "total > 100" probably means.
std::optional<json> rule_meant_by(std::string_view text) {
  if (text.size() > 100) return std::nullopt;
  if (text.starts_with("{{") && text.ends_with("}}") && text.size() > 4) {
    text = text.substr(2, text.size() - 4);
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    if (text.find_first_of(" |{}") == text.npos) return json{{"var", std::string{text}}};
  }
  const auto parts = three_parts(text);
  if (!parts) return std::nullopt;
  const auto [left, comparison, right] = *parts;
  const auto name = comparison == "=" ? std::string_view{"=="} : comparison;
  if (std::find(comparisons.begin(), comparisons.end(), name) == comparisons.end())
    return std::nullopt;
  return json{{std::string(name), json::array({side(left), side(right)})}};
}

std::string problem_of_object(const json& source) {
  if (source.empty()) return "an empty object is not a rule; a rule has one key, its operator";
  const auto& members = *source.get_ptr<const json::object_t*>();
  const bool all_operators = std::all_of(members.begin(), members.end(), [](const auto& member) {
    return find_operator(member.first) != nullptr;
  });
  std::string text = "an object with several keys is not a rule; ";
  if (!all_operators) return text + "a rule has one key, its operator";
  text += "to combine rules, write {\"and\": [";
  std::size_t count = 0;
  for (const auto& [name, argument] : members)
    if (++count <= 2) text += (count == 1 ? "{\"" : ", {\"") + name + "\": …}";
  return text + (count > 2 ? ", …]}" : "]}");
}

std::string problem_of_constant(const json& source) {
  const std::string truth = truthy(source) ? "true" : "false";
  if (!source.is_string()) {
    return std::string{"this "} + source.type_name() + " is always " + truth +
           "; a condition is a rule, true or false";
  }
  const auto& text = source.get_ref<const std::string&>();
  const auto meant = rule_meant_by(text);
  return "the text " + pawl::quoted(shown(text)) + " is not a rule, and always " + truth +
         (meant ? "; did you mean " + meant->dump() + "?"
                : "; a rule is an object such as {\">\": [{\"var\": \"total\"}, 100]}");
}

/// Conditions that are nested deeper are not looked at.
constexpr std::size_t max_looked_at = 50;

/// Warns of each comparison of a text with constants: the text is probably meant as a variable.
class comparison_check {
 public:
  explicit comparison_check(std::vector<diagnostic>& diagnostics) : diagnostics_(diagnostics) {}

  void look_at(const json& source, std::string pointer, std::size_t depth = 0) {
    if (!source.is_object() || source.size() != 1 || depth == max_looked_at) return;
    const std::string& name = source.begin().key();
    const json& args = source.begin().value();
    pointer = child_pointer(std::move(pointer), name);
    if (std::find(comparisons.begin(), comparisons.end(), name) != comparisons.end())
      return look_at_arguments(args, pointer);
    constexpr std::array<std::string_view, 6> conditions = {"and", "or", "!", "!!", "if", "?:"};
    if (std::find(conditions.begin(), conditions.end(), name) == conditions.end()) return;
    if (!args.is_array()) return look_at(args, std::move(pointer), depth + 1);
    for (std::size_t i = 0; i < args.size(); ++i)
      look_at(args[i], child_pointer(pointer, std::to_string(i)), depth + 1);
  }

 private:
  void look_at_arguments(const json& args, const std::string& pointer) {
    if (!args.is_array() || args.size() < 2) return;
    const auto is_constant = [](const json& arg) { return arg.is_primitive(); };
    if (!std::all_of(args.begin(), args.end(), is_constant)) return;
    const auto text =
        std::find_if(args.begin(), args.end(), [](const json& arg) { return arg.is_string(); });
    if (text == args.end()) return;
    const auto& said = text->get_ref<const std::string&>();
    diagnostics_.push_back(
        {severity::warning, child_pointer(pointer, std::to_string(text - args.begin())),
         "constant_comparison",
         "this compares constants, so the result is always the same: " + pawl::quoted(shown(said)) +
             " is a text; did you mean " + json{{"var", shown(said)}}.dump() + "?"});
  }

  std::vector<diagnostic>& diagnostics_;
};

}  // namespace

bool check_condition(const json& source, std::string_view pointer,
                     std::vector<diagnostic>& diagnostics) {
  const auto refuse = [&](const char* code, std::string message) {
    diagnostics.push_back({severity::error, std::string{pointer}, code, std::move(message)});
    return false;
  };
  comparison_check{diagnostics}.look_at(source, std::string{pointer});
  if (source.is_object())
    return source.size() == 1 || refuse("not_a_rule", problem_of_object(source));
  return source.is_boolean() || refuse("constant_rule", problem_of_constant(source));
}

rule compile_condition(const json& source, std::string_view pointer,
                       std::vector<diagnostic>& diagnostics, const limits& limits) {
  if (!check_condition(source, pointer, diagnostics)) return {};
  return compile(source, pointer, diagnostics, limits);
}

}  // namespace pawl::flow::logic
