#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

#include "flow/logic/logic.hpp"

namespace pawl::flow::logic {

/// A compiled template: the form of a value where a value is wanted. An object whose only key is an
/// operator is a rule, or a text with `{{`. Every other object is built member by member, an array
/// element by element.
/// `{"literal": X}` is X as it is written; a member or element that is `{"omit": []}`, or a rule
/// that returns it, is left out. Any other value is itself.
/// A secret is null: see `limits::secrets`.
///
/// Immutable; cheap to copy; safe for concurrent use.
class value_template {
 public:
  value_template() = default;  ///< the literal null

  /// Builds the value. The limits count for all rules of the template together. A template that is
  /// left out as a whole is null. Errors: as `rule::evaluate`.
  [[nodiscard]] result<json> evaluate(const variables& data, const limits& limits = {}) const;
  /// The same, except that a template that is left out as a whole returns none.
  [[nodiscard]] result<std::optional<json>> evaluate_member(const variables& data,
                                                            const limits& limits = {}) const;

  /// The JSON that the template was compiled from.
  [[nodiscard]] const json& source() const noexcept;
  /// The value of a template without rules; null pointer if it has one.
  [[nodiscard]] const json* literal() const noexcept;

 private:
  friend struct template_access;
  std::shared_ptr<const struct compiled_template> compiled_;
};

/// Whether a value is not itself in a template: a rule, a text with braces or a secret.
[[nodiscard]] bool is_computed(const json& source);

/// Compiles a template. Appends diagnostics as `compile` does, and the warnings "unknown_operator"
/// for an object whose only key is probably a misspelt operator and "several_rules" for an object
/// whose several keys are all operators; and the errors "bad_secret" and "misplaced_secret". After
/// an error it returns the literal null.
[[nodiscard]] value_template compile_template(const json& source, std::string_view pointer,
                                              std::vector<diagnostic>& diagnostics,
                                              const limits& limits = {});

/// Compiles an object whose keys are names, whatever they are, and whose values are templates.
/// `source` must be an object.
[[nodiscard]] value_template compile_members(const json& source, std::string_view pointer,
                                             std::vector<diagnostic>& diagnostics,
                                             const limits& limits = {});

/// Compiles a single template. Error: as `compile`.
[[nodiscard]] result<value_template> compile_template(const json& source,
                                                      const limits& limits = {});

}  // namespace pawl::flow::logic
