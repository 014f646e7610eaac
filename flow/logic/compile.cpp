#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <pawl/code_ref.hpp>
#include <pawl/suggest.hpp>

#include "flow/logic/compiler.hpp"
#include "flow/logic/location.hpp"
#include "flow/logic/measurement.hpp"
#include "flow/logic/suspicion.hpp"
#include "flow/logic/text_template.hpp"
#include "flow/logic/utf8.hpp"
#include "flow/logic/value_template.hpp"

namespace pawl::flow::logic {
namespace {

constexpr std::size_t max_unknown_operators = 100;
constexpr std::size_t max_warnings = 10;  // of one rule: each searches a part of it

using other_name = std::pair<std::string_view, std::string_view>;

// Names of operators in other languages that are not similar to the JSONLogic names.
constexpr other_name other_names[] = {
    {"&&", "and"},       {"<>", "!="},        {"=", "=="},
    {"=<", "<="},        {"=>", ">="},        {"add", "+"},
    {"any", "some"},     {"avg", "average"},  {"ceiling", "ceil"},
    {"coalesce", "??"},  {"concat", "cat"},   {"contains", "in"},
    {"div", "/"},        {"eq", "=="},        {"find", "filter"},
    {"first", "at"},     {"ge", ">="},        {"gt", ">"},
    {"keys", "entries"}, {"last", "at"},      {"le", "<="},
    {"length", "count"}, {"lt", "<"},         {"mean", "average"},
    {"ne", "!="},        {"not", "!"},        {"regex", "matches"},
    {"size", "count"},   {"sort", "sort_by"}, {"to_json", "json_text"},
    {"uniq", "unique"},  {"||", "or"},
};

// An object with one key calls an operator; other objects are literals.
bool is_call(const json& j) noexcept {
  return j.is_object() && j.size() == 1;
}

/// Compiles checked JSON to expressions. Recursive; `measurement` has bounded the depth.
class compiler {
 public:
  compiler(compiled& into, std::string_view root, std::vector<diagnostic>& diagnostics,
           schema::pattern_memory* patterns)
      : into_(into),
        root_(root),
        diagnostics_(diagnostics),
        patterns_(patterns == nullptr ? own_patterns_ : *patterns) {}

  void run() { into_.root = any(into_.source, {nullptr, false}); }
  /// The source is the array of the parts of a text.
  void run_text() {
    std::vector<expression> parts;
    for (std::size_t i = 0; i < into_.source.size(); ++i) {
      const location at{nullptr, nullptr, i};
      parts.push_back(any(into_.source[i], {&at, false}));
    }
    into_.root = built(into_.source, op::interpolated, std::move(parts));
  }

 private:
  // How to read a part of the rule.
  struct context {
    const location* at;
    bool in_item;             // `var` reads an item of an iteration
    bool is_path = false;     // a literal is a path
    bool is_pattern = false;  // a literal text is a pattern
    bool in_reduce = false;   // the item is that of `reduce`

    // What stands inside, as an argument or a member that reads the same data.
    [[nodiscard]] context child(const location* inner, bool path = false) const {
      return {inner, in_item, path, false, in_reduce};
    }
  };

  expression any(const json& source, const context& c) {
    if (is_call(source)) {
      if (source.begin().key() == literal_word) return literal(*source.begin());
      return call(source, c);
    }
    if (source.is_array()) return array(source, c);
    if (source.is_object()) warn(c.at, suspicion_of_literal(source));
    expression made = literal(source);
    if (c.is_path) made.where = literal_path(source, c);
    if (c.is_pattern) made.matcher = literal_pattern(source, c);
    return made;
  }

  static expression literal(const json& source) {
    expression made;
    made.literal = value::of(source);
    return made;
  }

  // The argument of "object": its members are templates.
  expression template_value(const json& source, const context& c) {
    if (source.is_array()) {
      std::vector<expression> items;
      for (std::size_t i = 0; i < source.size(); ++i) {
        const location at{c.at, nullptr, i};
        items.push_back(template_value(source[i], c.child(&at)));
      }
      return built(source, op::array_literal, std::move(items));
    }
    if (!source.is_object() || (is_call(source) && find_operator(source.begin().key()) != nullptr))
      return any(source, c);
    std::vector<expression> members;
    for (const auto& [key, value] : *source.get_ptr<const json::object_t*>()) {
      const location at{c.at, &key, 0};
      members.push_back(template_value(value, c.child(&at)));
    }
    return built(source, op::object_literal, std::move(members));
  }

  expression built(const json& source, operation apply, std::vector<expression> parts) {
    expression made;
    made.apply = apply;
    made.source = &source;
    adopt(std::move(parts), made);
    return made;
  }

  expression array(const json& source, const context& c) {
    std::vector<expression> items;
    items.reserve(source.size());
    for (std::size_t i = 0; i < source.size(); ++i) {
      const location at{c.at, nullptr, i};
      items.push_back(any(source[i], c.child(&at, c.is_path)));
    }
    if (!std::ranges::all_of(items, &expression::is_literal))
      return built(source, op::array_literal, std::move(items));
    expression made;
    made.literal = value::of(source);
    if (c.is_path) adopt(std::move(items), made);
    return made;
  }

  expression call(const json& source, const context& c) {
    const auto& [name, argument] = *source.get_ptr<const json::object_t*>()->begin();
    const location at{c.at, &name, 0};
    const operator_entry* found = find_operator(name);
    if (found == nullptr) {
      unknown(name, at);
    } else {
      check_count(*found, argument, at);
      warn(&at, suspicion_of_call(*found, argument, c.in_reduce));
    }
    const shape arguments = found == nullptr ? shape::plain : found->arguments;
    if (arguments == shape::members) return object(argument, c.child(&at));
    std::vector<expression> args;
    if (argument.is_array()) {
      args.reserve(argument.size());
      for (std::size_t i = 0; i < argument.size(); ++i) {
        const location inner{&at, nullptr, i};
        args.push_back(any(argument[i], for_argument(name, arguments, i, c.child(&inner))));
      }
    } else {
      args.push_back(any(argument, for_argument(name, arguments, 0, c.child(&at))));
    }
    // An unknown operator is reported and the rule discarded, so any function will do here.
    return built(source, found == nullptr ? op::log : found->apply, std::move(args));
  }

  expression object(const json& argument, const context& c) {
    const bool is_alone = argument.is_array() && argument.size() == 1;
    const json& members = is_alone ? argument[0] : argument;
    const location inner{c.at, nullptr, 0};
    const context at = c.child(is_alone ? &inner : c.at);
    if (!members.is_object()) {
      report(at.at, "wrong_type", "\"object\" takes an object, whose members it computes");
      return literal(argument);
    }
    std::vector<expression> parts;
    for (const auto& [key, value] : *members.get_ptr<const json::object_t*>()) {
      const location here{at.at, &key, 0};
      parts.push_back(template_value(value, c.child(&here)));
    }
    return built(members, op::object_literal, std::move(parts));
  }

  void check_count(const operator_entry& called, const json& argument, const location& at) {
    const std::size_t count = argument.is_array() ? argument.size() : 1;
    const bool may_have = called.max_args == any_count || count <= called.max_args;
    if (count >= called.min_args && may_have) return;
    const auto arguments = [](std::size_t n) {
      return std::to_string(n) + (n == 1 ? " argument" : " arguments");
    };
    std::string message = "\"" + std::string(called.name) + "\" takes ";
    if (called.max_args == any_count) {
      message += "at least " + arguments(called.min_args);
    } else if (called.min_args == called.max_args) {
      message += arguments(called.min_args);
    } else {
      message += std::to_string(called.min_args) + " to " + arguments(called.max_args);
    }
    message += ", not " + std::to_string(count);
    if (called.max_args == 1 && count > 1) message += "; an array as the argument is written [[…]]";
    report(&at, "wrong_argument_count", std::move(message));
  }

  void report(const location* at, const char* code, std::string message) {
    if (++reported_ > max_unknown_operators) return;
    diagnostics_.push_back({severity::error, pointer_to(root_, at), code, std::move(message)});
  }

  const schema::pattern* literal_pattern(const json& source, const context& c) {
    if (!source.is_string()) return nullptr;
    auto made = schema::pattern::compile(source.get_ref<const std::string&>(), patterns_);
    if (!made) {
      report(c.at, "invalid_pattern",
             "the pattern " + pawl::quoted(shown(source.get<std::string>())) + " " +
                 made.error().message);
      return nullptr;
    }
    return into_.patterns.emplace_back(std::make_unique<const schema::pattern>(*std::move(made)))
        .get();
  }

  static context for_argument(std::string_view name, shape arguments, std::size_t i, context c) {
    const bool is_body =
        (arguments == shape::iteration && i == 1) || (arguments == shape::handlers && i > 0);
    c.in_item = c.in_item || is_body;
    c.in_reduce = is_body ? name == "reduce" : c.in_reduce;
    c.is_pattern = arguments == shape::pattern && i == 1;
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

  void warn(const location* at, std::optional<suspicion> of) {
    if (!of || ++warned_ > max_warnings) return;
    diagnostics_.push_back(
        {severity::warning, pointer_to(root_, at), of->code, std::move(of->message)});
  }

  void unknown(const std::string& name, const location& at) {
    if (++unknown_ > max_unknown_operators) return;
    std::string message = "unknown JSONLogic operator \"" + shown(name) + "\"";
    const auto suggestion = operator_meant_by(name);
    if (name == secret_word) {
      message = "a secret cannot be used inside a rule";
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
  std::vector<diagnostic>& diagnostics_;
  schema::pattern_memory own_patterns_;
  schema::pattern_memory& patterns_;
  std::set<std::string, std::less<>> seen_;
  std::size_t unknown_ = 0;
  std::size_t reported_ = 0;
  std::size_t warned_ = 0;
};

}  // namespace

std::string shown(const std::string& name) {
  return name.size() > 60 ? std::string(characters(name, 0, 40)) + "…" : name;
}

std::optional<std::string_view> operator_meant_by(std::string_view unknown) {
  const auto other = std::ranges::find(other_names, unknown, &other_name::first);
  return other != std::end(other_names) ? std::optional{other->second}
                                        : nearest(unknown, operators());
}

const operator_entry* find_operator(std::string_view name) noexcept {
  const auto table = operator_table();
  const auto found = std::ranges::lower_bound(table, name, {}, &operator_entry::name);
  return found != table.end() && found->name == name ? &*found : nullptr;
}

bool is_iteration(std::string_view name) noexcept {
  const operator_entry* const found = find_operator(name);
  return found != nullptr && found->arguments == shape::iteration;
}

bool is_rule(const json& source) noexcept {
  return is_call(source) && find_operator(source.begin().key()) != nullptr;
}

namespace {

rule finished(std::shared_ptr<compiled> made, const std::vector<diagnostic>& diagnostics,
              std::size_t before) {
  const bool valid =
      std::all_of(diagnostics.begin() + static_cast<std::ptrdiff_t>(before), diagnostics.end(),
                  [](const diagnostic& d) { return d.level != severity::error; });
  return valid ? rule_access::make(std::move(made)) : rule{};
}

}  // namespace

rule compile_checked(const json& source, std::string_view pointer,
                     std::vector<diagnostic>& diagnostics, schema::pattern_memory* patterns) {
  const std::size_t before = diagnostics.size();
  auto made = std::make_shared<compiled>();
  made->source = source;
  compiler{*made, pointer, diagnostics, patterns}.run();
  return finished(std::move(made), diagnostics, before);
}

rule compile_text(std::string_view text, std::string_view pointer,
                  std::vector<diagnostic>& diagnostics, schema::pattern_memory* patterns) {
  text_template split = split_text(text);
  if (!split.problem.empty()) {
    diagnostics.push_back({severity::error, std::string(pointer), "invalid_text_template",
                           split.problem + at_byte(split.problem_offset)});
    return {};
  }
  const std::size_t before = diagnostics.size();
  auto made = std::make_shared<compiled>();
  made->source = split.is_single ? std::move(split.parts[0]) : std::move(split.parts);
  compiler compiler{*made, "", diagnostics, patterns};
  split.is_single ? compiler.run() : compiler.run_text();
  // The pointers lead to places in the parts.
  for (std::size_t i = before; i < diagnostics.size(); ++i) {
    const std::string inner = std::exchange(diagnostics[i].pointer, std::string(pointer));
    const std::size_t part = split.is_single ? 0 : std::stoul(inner.substr(1));
    diagnostics[i].message += at_byte(split.offsets.at(part));
  }
  return finished(std::move(made), diagnostics, before);
}

rule compile(const json& source, std::string_view pointer, std::vector<diagnostic>& diagnostics,
             const limits& limits) {
  if (auto exceeded = exceeded_limit(source, limits)) {
    exceeded->pointer = pointer;
    diagnostics.push_back(std::move(*exceeded));
    return {};
  }
  return compile_checked(source, pointer, diagnostics, limits.patterns);
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
