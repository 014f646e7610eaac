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

#include "flow/logic/expression.hpp"
#include "flow/logic/logic.hpp"
#include "flow/logic/operators/operators.hpp"
#include "flow/logic/utf8.hpp"

namespace pawl::flow::logic {

struct rule_access {
  static rule make(std::shared_ptr<const compiled> what) {
    rule made;
    made.compiled_ = std::move(what);
    return made;
  }
};

namespace {

constexpr std::size_t max_unknown_operators = 100;

// Names of operators in other languages that are not similar to the JSONLogic names.
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> other_names = {{
    {"&&", "and"},
    {"=", "=="},
    {"add", "+"},
    {"any", "some"},
    {"concat", "cat"},
    {"contains", "in"},
    {"div", "/"},
    {"eq", "=="},
    {"ge", ">="},
    {"gt", ">"},
    {"le", "<="},
    {"lt", "<"},
    {"ne", "!="},
    {"not", "!"},
    {"sum", "+"},
    {"||", "or"},
}};

std::optional<std::string_view> meant(std::string_view unknown) {
  const auto other = std::ranges::find(other_names, unknown,
                                       &std::pair<std::string_view, std::string_view>::first);
  return other != other_names.end() ? std::optional{other->second} : nearest(unknown, operators());
}

const operator_entry* find_operator(std::string_view name) noexcept {
  const auto table = operator_table();
  const auto found = std::ranges::lower_bound(table, name, {}, &operator_entry::name);
  return found != table.end() && found->name == name ? &*found : nullptr;
}

// An object with one key calls an operator; other objects are literals.
bool is_call(const json& j) noexcept {
  return j.is_object() && j.size() == 1;
}

/// Checks the size and depth of a rule before any other code sees it. Uses an explicit stack,
/// because the input may have any depth.
class measurement {
 public:
  explicit measurement(const limits& limits)
      : max_depth_(std::min(limits.max_depth, max_max_depth)), max_nodes_(limits.max_nodes) {}

  [[nodiscard]] std::optional<diagnostic> check(const json& source) {
    open_.push_back({&source, 0});
    while (!open_.empty()) {
      const place at = open_.back();
      open_.pop_back();
      if (++nodes_ > max_nodes_) return too_large();
      if (!at.what->is_structured()) continue;
      if (at.depth == max_depth_) return too_deep();
      if (at.what->size() > max_nodes_) return too_large();
      add_children(at);
    }
    return std::nullopt;
  }

 private:
  struct place {
    const json* what;
    std::uint32_t depth;
  };

  void add_children(const place& at) {
    const json* parent = at.what;
    // The array of arguments is part of the call.
    if (is_call(*parent) && parent->begin()->is_array()) parent = &*parent->begin();
    for (const json& child : *parent) open_.push_back({&child, at.depth + 1});
  }

  [[nodiscard]] diagnostic too_large() const {
    return {severity::error,
            {},
            "rule_too_large",
            "the rule has more than " + std::to_string(max_nodes_) +
                " operators and literals; store large tables in the data"};
  }
  [[nodiscard]] diagnostic too_deep() const {
    return {severity::error,
            {},
            "rule_too_deep",
            "the rule is nested deeper than " + std::to_string(max_depth_) + " levels"};
  }

  std::uint32_t max_depth_;
  std::uint32_t max_nodes_;
  std::size_t nodes_ = 0;
  std::vector<place> open_;
};

// Position of the compiler in the source. The JSON pointer is built only for a diagnostic.
struct location {
  const location* parent = nullptr;
  const std::string* key = nullptr;  // null for an index
  std::size_t index = 0;
};

std::string pointer_to(std::string_view root, const location* at) {
  std::vector<const location*> steps;
  for (; at != nullptr; at = at->parent) steps.push_back(at);
  json::json_pointer inner;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if ((*step)->key != nullptr) {
      inner /= *(*step)->key;
    } else {
      inner /= (*step)->index;
    }
  }
  return std::string(root) + inner.to_string();
}

/// Compiles checked JSON to expressions. Recursive; `measurement` has bounded the depth.
class compiler {
 public:
  compiler(compiled& into, std::string_view root, std::vector<diagnostic>& diagnostics)
      : into_(into), root_(root), diagnostics_(diagnostics) {}

  void run() { into_.root = any(into_.source, {nullptr, false, false}); }

 private:
  // How to read a part of the rule.
  struct context {
    const location* at;
    bool in_item;  // `var` reads an item of an iteration
    bool is_path;  // a literal is a path
  };

  expression any(const json& source, const context& c) {
    if (is_call(source)) return call(source, c);
    if (source.is_array()) return array(source, c);
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
    const operator_entry* found = find_operator(name);
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

  void unknown(const std::string& name, const location& at) {
    if (++unknown_ > max_unknown_operators) return;
    const bool is_long = name.size() > 60;
    std::string message = "unknown JSONLogic operator \"" +
                          (is_long ? std::string(characters(name, 0, 40)) + "…" : name) + "\"";
    const auto suggestion = meant(name);
    message += suggestion ? "; did you mean \"" + std::string(*suggestion) + "\"?"
                          : "; an object with one key is a call of an operator";
    diagnostics_.push_back(
        {severity::error, pointer_to(root_, &at), "unknown_operator", std::move(message)});
  }

  compiled& into_;
  std::string_view root_;
  std::vector<diagnostic>& diagnostics_;
  std::set<std::string, std::less<>> seen_;
  std::size_t unknown_ = 0;
};

}  // namespace

rule compile(const json& source, std::string_view pointer, std::vector<diagnostic>& diagnostics,
             const limits& limits) {
  if (auto exceeded = measurement{limits}.check(source)) {
    exceeded->pointer = pointer;
    diagnostics.push_back(std::move(*exceeded));
    return {};
  }
  const std::size_t before = diagnostics.size();
  auto made = std::make_shared<compiled>();
  made->source = source;
  compiler{*made, pointer, diagnostics}.run();
  return diagnostics.size() == before ? rule_access::make(std::move(made)) : rule{};
}

result<rule> compile(const json& source, const limits& limits) {
  std::vector<diagnostic> diagnostics;
  rule made = compile(source, "", diagnostics, limits);
  if (diagnostics.empty()) return made;
  error failure{errc::invalid_rule, "compiling a JSONLogic rule: " + diagnostics.front().message,
                diagnostics.front().code};
  if (!diagnostics.front().pointer.empty())
    failure.message += " (at " + diagnostics.front().pointer + ")";
  failure.diagnostics = std::move(diagnostics);
  return failure;
}

}  // namespace pawl::flow::logic
