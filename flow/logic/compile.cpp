#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <pawl/suggest.hpp>

#include "flow/logic/compiler.hpp"
#include "flow/logic/location.hpp"
#include "flow/logic/measurement.hpp"
#include "flow/logic/utf8.hpp"
#include "flow/logic/value_template.hpp"

namespace pawl::flow::logic {
namespace {

constexpr std::size_t max_unknown_operators = 100;
constexpr std::size_t max_warnings = 10;  // of one rule: each searches a part of it

// Names of operators in other languages that are not similar to the JSONLogic names.
constexpr std::array<std::pair<std::string_view, std::string_view>, 19> other_names = {{
    {"&&", "and"}, {"<>", "!="},    {"=", "=="},       {"=<", "<="},       {"=>", ">="},
    {"add", "+"},  {"any", "some"}, {"concat", "cat"}, {"contains", "in"}, {"div", "/"},
    {"eq", "=="},  {"ge", ">="},    {"gt", ">"},       {"le", "<="},       {"lt", "<"},
    {"ne", "!="},  {"not", "!"},    {"sum", "+"},      {"||", "or"},
}};

// An object with one key calls an operator; other objects are literals.
bool is_call(const json& j) noexcept {
  return j.is_object() && j.size() == 1;
}

// Whether a rule stands anywhere in a literal. Recursive; `exceeded_limit` has bounded the depth.
bool contains_rule(const json& literal) {
  if (!literal.is_structured()) return false;
  return is_rule(literal) || std::any_of(literal.begin(), literal.end(),
                                         [](const json& part) { return contains_rule(part); });
}

/// Compiles checked JSON to expressions. Recursive; `measurement` has bounded the depth.
class compiler {
 public:
  compiler(compiled& into, std::string_view root, rule_place where,
           std::vector<diagnostic>& diagnostics)
      : into_(into), root_(root), where_(where), diagnostics_(diagnostics) {}

  void run() { into_.root = any(into_.source, {nullptr, false, false}); }

 private:
  // How to read a part of the rule.
  struct context {
    const location* at;
    bool in_item;  // `var` reads an item of an iteration
    bool is_path;  // a literal is a path
  };

  expression any(const json& source, const context& c) {
    if (is_call(source)) {
      if (!is_word(source, literal_word)) return call(source, c);
      expression made;
      made.literal = value::of(*source.begin());
      return made;
    }
    if (source.is_array()) return array(source, c);
    if (source.is_object()) warn_of_rules(source, c.at);
    expression made;
    made.literal = value::of(source);
    if (c.is_path) made.where = literal_path(source, c);
    return made;
  }

  expression array(const json& source, const context& c) {
    std::vector<expression> items;
    items.reserve(source.size());
    for (std::size_t i = 0; i < source.size(); ++i) {
      const location at{c.at, nullptr, i};
      items.push_back(any(source[i], {&at, c.in_item, c.is_path}));
    }
    expression made;
    if (!std::ranges::all_of(items, &expression::is_literal)) {
      made.apply = op::array_literal;
      adopt(std::move(items), made);
      return made;
    }
    made.literal = value::of(source);
    if (c.is_path) adopt(std::move(items), made);
    return made;
  }

  expression call(const json& source, const context& c) {
    const auto& [name, argument] = *source.get_ptr<const json::object_t*>()->begin();
    const location at{c.at, &name, 0};
    static constexpr operator_entry omit{omit_word, op::omit, shape::plain};
    const operator_entry* found = is_word(source, omit_word) ? &omit : find_operator(name);
    if (found == nullptr) unknown(name, at);
    const shape arguments = found == nullptr ? shape::plain : found->arguments;
    expression made;
    std::vector<expression> args;
    if (argument.is_array()) {
      args.reserve(argument.size());
      for (std::size_t i = 0; i < argument.size(); ++i) {
        const location inner{&at, nullptr, i};
        args.push_back(any(argument[i], for_argument(arguments, i, {&inner, c.in_item, false})));
      }
    } else {
      args.push_back(any(argument, for_argument(arguments, 0, {&at, c.in_item, false})));
    }
    // An unknown operator is reported and the rule discarded, so any function will do here.
    made.apply = found == nullptr ? op::log : found->apply;
    adopt(std::move(args), made);
    return made;
  }

  static context for_argument(shape arguments, std::size_t i, context c) {
    c.in_item = c.in_item || (arguments == shape::iteration && i == 1);
    c.is_path = arguments == shape::paths || (arguments == shape::lookup && i == 0) ||
                (arguments == shape::options && i == 1);
    return c;
  }

  void adopt(std::vector<expression> args, expression& owner) {
    if (args.empty()) return;
    auto kept = std::make_unique<expression[]>(args.size());
    std::ranges::copy(args, kept.get());
    owner.first_arg = kept.get();
    owner.arg_count = static_cast<std::uint32_t>(args.size());
    owner.steps =
        1 + static_cast<std::uint32_t>(std::ranges::count_if(args, &expression::is_literal));
    into_.nodes.push_back(std::move(kept));
  }

  // The path of a literal; null if the literal is not a path.
  const path* literal_path(const json& source, const context& c) {
    std::string text;
    if (source.is_string()) {
      text = source.get_ref<const std::string&>();
    } else if (source.is_number()) {
      std::array<char, number_text_bytes> room;
      text.assign(room.data(), format(value::of(source).as_number(), room.data()));
    } else if (source.is_boolean()) {
      text = source.get<bool>() ? "true" : "false";
    } else if (!source.is_null()) {
      return nullptr;
    }
    if (!c.in_item && !text.empty() && seen_.insert(text).second) into_.reads.push_back(text);
    return into_.paths.emplace_back(std::make_unique<const path>(std::move(text))).get();
  }

  [[nodiscard]] bool is_word(const json& call, std::string_view word) const {
    return where_ == rule_place::in_template && call.begin().key() == word;
  }

  void warn_of_rules(const json& literal, const location* at) {
    if (!contains_rule(literal) || ++warned_ > max_warnings) return;
    diagnostics_.push_back(
        {severity::warning, pointer_to(root_, at), "rule_in_literal",
         "an object with several keys inside a rule is a literal: the rule in it is not evaluated; "
         "compute the object where a value is wanted, as a template"});
  }

  void unknown(const std::string& name, const location& at) {
    if (++unknown_ > max_unknown_operators) return;
    std::string message = "unknown JSONLogic operator \"" + shown(name) + "\"";
    const auto suggestion = operator_meant_by(name);
    if (name == literal_word || name == omit_word) {
      message += "; it is a word of templates, where a value is wanted";
    } else if (suggestion) {
      message += "; did you mean \"" + std::string(*suggestion) + "\"?";
    } else {
      message += "; an object with one key is a call of an operator";
    }
    diagnostics_.push_back(
        {severity::error, pointer_to(root_, &at), "unknown_operator", std::move(message)});
  }

  compiled& into_;
  std::string_view root_;
  rule_place where_;
  std::vector<diagnostic>& diagnostics_;
  std::set<std::string, std::less<>> seen_;
  std::size_t unknown_ = 0;
  std::size_t warned_ = 0;
};

}  // namespace

std::string shown(const std::string& name) {
  return name.size() > 60 ? std::string(characters(name, 0, 40)) + "…" : name;
}

std::optional<std::string_view> operator_meant_by(std::string_view unknown) {
  const auto other = std::ranges::find(other_names, unknown,
                                       &std::pair<std::string_view, std::string_view>::first);
  return other != other_names.end() ? std::optional{other->second} : nearest(unknown, operators());
}

const operator_entry* find_operator(std::string_view name) noexcept {
  const auto table = operator_table();
  const auto found = std::ranges::lower_bound(table, name, {}, &operator_entry::name);
  return found != table.end() && found->name == name ? &*found : nullptr;
}

bool is_rule(const json& source) noexcept {
  return is_call(source) && find_operator(source.begin().key()) != nullptr;
}

bool is_computed(const json& source) noexcept {
  return is_rule(source) || (is_call(source) && (source.begin().key() == literal_word ||
                                                 source.begin().key() == omit_word));
}

rule compile_checked(const json& source, std::string_view pointer, rule_place where,
                     std::vector<diagnostic>& diagnostics) {
  const std::size_t before = diagnostics.size();
  auto made = std::make_shared<compiled>();
  made->source = source;
  compiler{*made, pointer, where, diagnostics}.run();
  const bool valid =
      std::all_of(diagnostics.begin() + static_cast<std::ptrdiff_t>(before), diagnostics.end(),
                  [](const diagnostic& d) { return d.level != severity::error; });
  return valid ? rule_access::make(std::move(made)) : rule{};
}

rule compile(const json& source, std::string_view pointer, std::vector<diagnostic>& diagnostics,
             const limits& limits) {
  if (auto exceeded = exceeded_limit(source, limits)) {
    exceeded->pointer = pointer;
    diagnostics.push_back(std::move(*exceeded));
    return {};
  }
  return compile_checked(source, pointer, rule_place::alone, diagnostics);
}

result<rule> compile(const json& source, const limits& limits) {
  std::vector<diagnostic> diagnostics;
  rule made = compile(source, "", diagnostics, limits);
  if (auto failure = first_error(std::move(diagnostics), "compiling a JSONLogic rule"))
    return *std::move(failure);
  return made;
}

std::optional<error> first_error(std::vector<diagnostic> diagnostics, std::string_view doing) {
  const auto first = std::find_if(diagnostics.begin(), diagnostics.end(),
                                  [](const diagnostic& d) { return d.level == severity::error; });
  if (first == diagnostics.end()) return std::nullopt;
  error failure{errc::invalid_rule, std::string(doing) + ": " + first->message, first->code};
  if (!first->pointer.empty()) failure.message += " (at " + first->pointer + ")";
  failure.diagnostics = std::move(diagnostics);
  return failure;
}

}  // namespace pawl::flow::logic
