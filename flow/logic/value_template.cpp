#include "flow/logic/value_template.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <pawl/suggest.hpp>

#include "flow/logic/compiler.hpp"
#include "flow/logic/evaluation.hpp"
#include "flow/logic/location.hpp"
#include "flow/logic/measurement.hpp"
#include "flow/logic/text_template.hpp"

namespace pawl::flow::logic {

/// A part of a compiled template.
struct template_part {
  enum class form { literal, computed, object, array };

  form is = form::literal;
  const json* value = nullptr;  ///< of a literal
  rule of = {};                 ///< of a computed part
  std::vector<std::pair<const std::string*, template_part>> members = {};
  std::vector<template_part> items = {};

  static template_part literal(const json& value) { return {form::literal, &value}; }
};

/// Parts refer to `source`, so it is built in place and must not be moved.
struct compiled_template {
  json source;
  template_part root;
};

struct template_access {
  static value_template make(std::shared_ptr<const compiled_template> what) {
    value_template made;
    made.compiled_ = std::move(what);
    return made;
  }
  static const compiled_template* compiled(const value_template& of) noexcept {
    return of.compiled_.get();
  }
};

namespace {

constexpr std::size_t max_warnings = 100;

/// Whether a key is made of ASCII punctuation, as symbols of operators are.
bool is_symbol(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return std::string_view{"!#$%&*+-/<=>?^|~"}.find(c) != std::string_view::npos;
  });
}

/// Recursive; `exceeded_limit` has bounded the depth.
class template_compiler {
 public:
  template_compiler(std::string_view root, std::vector<diagnostic>& diagnostics,
                    const limits& limits)
      : root_(root),
        diagnostics_(diagnostics),
        patterns_(limits.patterns),
        secrets_(limits.secrets) {}

  template_part any(const json& source, const location* at) {
    if (source.is_array()) return array(source, at);
    if (is_secret(source)) return secret(source, at);
    if (is_text_template(source)) return text(source, at);
    if (!source.is_object()) return template_part::literal(source);
    if (source.size() == 1) {
      const json& argument = *source.begin();
      if (source.begin().key() == literal_word) return template_part::literal(argument);
      if (is_rule(source)) return computed(source, at);
      warn_of_operator(source.begin().key(), argument, at);
    } else {
      warn_of_several(source, at);
    }
    return object(source, at);
  }

  template_part object(const json& source, const location* at) {
    template_part made{template_part::form::object};
    bool is_literal = true;
    for (const auto& [key, value] : *source.get_ptr<const json::object_t*>()) {
      const location inner{at, &key, 0};
      made.members.emplace_back(&key, any(value, &inner));
      is_literal = is_literal && stands_for(made.members.back().second, value);
    }
    return is_literal ? template_part::literal(source) : made;
  }

 private:
  static bool stands_for(const template_part& made, const json& source) {
    return made.is == template_part::form::literal && made.value == &source;
  }

  template_part array(const json& source, const location* at) {
    template_part made{template_part::form::array};
    bool is_literal = true;
    for (std::size_t i = 0; i < source.size(); ++i) {
      const location inner{at, nullptr, i};
      made.items.push_back(any(source[i], &inner));
      is_literal = is_literal && stands_for(made.items.back(), source[i]);
    }
    return is_literal ? template_part::literal(source) : made;
  }

  template_part computed(const json& source, const location* at) {
    template_part made{template_part::form::computed};
    made.of = compile_checked(source, pointer_to(root_, at), diagnostics_, patterns_);
    return made;
  }

  template_part text(const json& source, const location* at) {
    template_part made{template_part::form::computed};
    made.of = compile_text(source.get_ref<const std::string&>(), pointer_to(root_, at),
                           diagnostics_, patterns_);
    return made;
  }

  /// Notes where a secret belongs, and leaves null there.
  template_part secret(const json& source, const location* at) {
    static const json none;
    auto read = read_secret(source);
    if (!read) {
      fail(
          at, "bad_secret",
          R"(a secret is written {"secret": "NAME"}, or "text {{NAME | secret}} text" with no other )"
          "value in braces; its name has letters, digits, \"_\", \"-\" and \".\"");
    } else if (!add_path(*read, at) || secrets_ == nullptr) {
      fail(at, "misplaced_secret",
           "a secret cannot be used here: only in \"headers\", \"query\", \"json\" and \"body\" of "
           "http, and in \"with\" of a function, outside of arrays and rules");
    } else {
      secrets_->push_back(*std::move(read));
    }
    return template_part::literal(none);
  }

  /// Sets the path of a place. Returns false if it leads through an array.
  static bool add_path(secret_place& to, const location* at) {
    for (; at != nullptr; at = at->parent) {
      if (at->key == nullptr) return false;
      to.path.push_back(*at->key);
    }
    std::reverse(to.path.begin(), to.path.end());
    return true;
  }

  void fail(const location* at, const char* code, std::string message) {
    diagnostics_.push_back({severity::error, pointer_to(root_, at), code, std::move(message)});
  }

  void warn(const location* at, const char* code, std::string message) {
    if (++warned_ > max_warnings) return;
    diagnostics_.push_back({severity::warning, pointer_to(root_, at), code, std::move(message)});
  }

  /// Whether an object with one key was probably meant as a secret, whose names are upper case.
  static bool looks_like_secret(std::string_view key, const json& argument) {
    constexpr std::array<std::string_view, 1> secret = {"secret"};
    const auto* const name = argument.get_ptr<const std::string*>();
    return name != nullptr && nearest(key, secret, 2) && name->size() > 1 &&
           name->find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string::npos;
  }

  void warn_of_operator(const std::string& key, const json& argument, const location* at) {
    // Many usual keys are two letters away from an operator: "amount" and "count".
    if (looks_like_secret(key, argument)) {
      const location inner{at, &key, 0};
      return warn(
          &inner, "unknown_operator",
          "this object is passed with the key \"" + shown(key) + "\"; did you mean \"secret\"?");
    }
    const auto similar_name = nearest(key, operators(), 1);
    const auto meant = similar_name ? similar_name : operator_meant_by(key);
    // A word of another language ("sum", "any") is also a usual key; with operands it is a call.
    // No operator is called with a constant true or false: {"left": true} does not mean "let".
    const bool is_operand = !argument.is_boolean() && !argument.is_null();
    const bool similar = meant && ((similar_name && is_operand) || is_symbol(key) ||
                                   (argument.is_array() && argument.size() > 1));
    if (!similar && !is_symbol(key)) return;
    const location inner{at, &key, 0};
    warn(&inner, "unknown_operator",
         "\"" + shown(key) +
             "\" is not a JSONLogic operator, so this object is passed with this key" +
             (meant ? "; did you mean \"" + std::string(*meant) + "\"?" : ""));
  }

  void warn_of_several(const json& source, const location* at) {
    if (source.empty()) return;
    for (const auto& member : *source.get_ptr<const json::object_t*>())
      if (find_operator(member.first) == nullptr) return;
    warn(at, "several_rules",
         "an object with several keys is not a rule, so this object is passed with these keys; a "
         "rule has one key, its operator");
  }

  std::string_view root_;
  std::vector<diagnostic>& diagnostics_;
  schema::pattern_memory* patterns_;
  secret_places* secrets_;
  std::size_t warned_ = 0;
};

/// Builds the value of a template within the budgets of one evaluation.
class template_builder {
 public:
  explicit template_builder(evaluation& run) : run_(run) {}

  /// Returns none if the part is left out, and after a failure.
  std::optional<json> build(const template_part& p) {
    if (!run_.step()) return std::nullopt;
    switch (p.is) {
      case template_part::form::literal:
        return materialise(run_, value::of(*p.value));
      case template_part::form::computed:
        return computed(p);
      case template_part::form::object:
        return object(p);
      case template_part::form::array:
        return array(p);
    }
    return std::nullopt;
  }

 private:
  std::optional<json> computed(const template_part& p) {
    const expression* const root = rule_access::root(p.of);
    if (root == nullptr) return json(nullptr);
    const value made = run_.eval(*root, run_.whole_data());
    if (made.is_omitted()) return std::nullopt;
    return materialise(run_, made);
  }

  std::optional<json> object(const template_part& p) {
    json made = json::object();
    auto& members = *made.get_ptr<json::object_t*>();
    for (const auto& [key, value] : p.members) {
      auto built = build(value);
      if (run_.failed()) return std::nullopt;
      if (!built) continue;
      if (!run_.take(sizeof(json::object_t::value_type) + key->size())) return std::nullopt;
      members.emplace_hint(members.end(), *key, *std::move(built));
    }
    return made;
  }

  std::optional<json> array(const template_part& p) {
    if (!run_.take(p.items.size() * sizeof(json))) return std::nullopt;
    json made = json::array();
    auto& items = *made.get_ptr<json::array_t*>();
    items.reserve(p.items.size());
    for (const template_part& item : p.items) {
      auto built = build(item);
      if (run_.failed()) return std::nullopt;
      if (built) items.push_back(*std::move(built));
    }
    return made;
  }

  evaluation& run_;
};

value_template compile_with(const json& source, std::string_view pointer, bool members,
                            std::vector<diagnostic>& diagnostics, const limits& limits) {
  if (auto exceeded = exceeded_limit(source, limits)) {
    exceeded->pointer = pointer;
    diagnostics.push_back(std::move(*exceeded));
    return {};
  }
  const std::size_t before = diagnostics.size();
  auto made = std::make_shared<compiled_template>();
  made->source = source;
  template_compiler compiler{pointer, diagnostics, limits};
  made->root =
      members ? compiler.object(made->source, nullptr) : compiler.any(made->source, nullptr);
  const bool valid =
      std::all_of(diagnostics.begin() + static_cast<std::ptrdiff_t>(before), diagnostics.end(),
                  [](const diagnostic& d) { return d.level != severity::error; });
  return valid ? template_access::make(std::move(made)) : value_template{};
}

}  // namespace

bool is_computed(const json& source) {
  return is_rule(source) || is_text_template(source) || is_secret(source);
}

std::optional<json> build_template(const value_template& of, evaluation& run) {
  const compiled_template* const compiled = template_access::compiled(of);
  if (compiled == nullptr) return json(nullptr);
  return template_builder{run}.build(compiled->root);
}

result<std::optional<json>> value_template::evaluate_member(const variables& data,
                                                            const limits& limits) const {
  evaluation run{data, limits};
  auto made = build_template(*this, run);
  if (run.failed()) return run.take_failure();
  return made;
}

result<json> value_template::evaluate(const variables& data, const limits& limits) const {
  auto made = evaluate_member(data, limits);
  if (!made) return std::move(made).error();
  return *made ? **std::move(made) : json(nullptr);
}

const json& value_template::source() const noexcept {
  static const json null;
  return compiled_ == nullptr ? null : compiled_->source;
}

const json* value_template::literal() const noexcept {
  static const json null;
  if (compiled_ == nullptr) return &null;
  return compiled_->root.is == template_part::form::literal ? compiled_->root.value : nullptr;
}

value_template compile_template(const json& source, std::string_view pointer,
                                std::vector<diagnostic>& diagnostics, const limits& limits) {
  return compile_with(source, pointer, false, diagnostics, limits);
}

value_template compile_members(const json& source, std::string_view pointer,
                               std::vector<diagnostic>& diagnostics, const limits& limits) {
  PAWL_ASSERT(source.is_object(), "only an object has members");
  return compile_with(source, pointer, true, diagnostics, limits);
}

result<value_template> compile_template(const json& source, const limits& limits) {
  std::vector<diagnostic> diagnostics;
  value_template made = compile_template(source, "", diagnostics, limits);
  if (auto failure = first_error(std::move(diagnostics), "compiling a template"))
    return *std::move(failure);
  return made;
}

}  // namespace pawl::flow::logic
