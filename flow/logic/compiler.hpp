#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/error.hpp>
#include <pawl/json.hpp>

#include "flow/logic/expression.hpp"
#include "flow/logic/logic.hpp"
#include "flow/logic/operators/operators.hpp"
#include "flow/logic/value_template.hpp"

namespace pawl::flow::logic {

/// Gives compilers and templates access to a rule.
struct rule_access {
  static rule make(std::shared_ptr<const compiled> what) {
    rule made;
    made.compiled_ = std::move(what);
    return made;
  }
  /// The expression of a rule that was compiled without an error; null for others.
  static const expression* root(const rule& of) noexcept {
    return of.compiled_ == nullptr ? nullptr : &of.compiled_->root;
  }
};

/// Compiles a rule whose size `exceeded_limit` has checked. See `compile`.
[[nodiscard]] rule compile_checked(const json& source, std::string_view pointer,
                                   std::vector<diagnostic>& diagnostics,
                                   schema::pattern_memory* patterns);

/// Compiles a text with `{{ }}`. Each diagnostic has the pointer of the text, and its place in it
/// in the message: "invalid_text_template", and those of `compile`.
[[nodiscard]] rule compile_text(std::string_view text, std::string_view pointer,
                                std::vector<diagnostic>& diagnostics,
                                schema::pattern_memory* patterns);

/// Builds the value of a template. None if it is left out as a whole, and after a failure.
[[nodiscard]] std::optional<json> build_template(const value_template& of, evaluation& run);

/// Returns the operator with this name, or null.
[[nodiscard]] const operator_entry* find_operator(std::string_view name) noexcept;

/// Returns the operator that an unknown name most likely means.
[[nodiscard]] std::optional<std::string_view> operator_meant_by(std::string_view unknown);

/// Stands for its argument as it is written.
inline constexpr std::string_view literal_word = "literal";

/// Returns an `invalid_rule` error if a diagnostic is an error. See `compile`.
[[nodiscard]] std::optional<error> first_error(std::vector<diagnostic> diagnostics,
                                               std::string_view doing);

/// Shortens a name for a message.
[[nodiscard]] std::string shown(const std::string& name);

}  // namespace pawl::flow::logic
