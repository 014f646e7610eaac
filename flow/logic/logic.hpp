#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/assert.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>

/// JSONLogic (https://jsonlogic.com): rules compiled once, evaluated many times.
namespace pawl::flow::logic {

/// Limits that protect against hostile rules.
struct limits {
  /// Maximum nesting of operators and literals in a rule, checked by `compile`, and of the arrays
  /// that an evaluation builds. Values above 512 count as 512, to bound the stack.
  std::uint32_t max_depth = 128;
  std::uint32_t max_nodes = 100'000;    ///< operators and literals in a rule, checked by `compile`
  std::uint64_t max_steps = 1'000'000;  ///< operator calls and items visited in one evaluation
  /// Maximum size of the strings and arrays that one evaluation builds, its result included.
  /// Reading text costs one step per 64 bytes.
  std::uint64_t max_bytes = 16u << 20;
};

/// The data that a rule reads, as layers of objects. A top-level name is read from the first layer
/// that has it. Layers are not copied and must outlive the evaluation.
class variables {
 public:
  static constexpr std::size_t max_layers = 8;

  variables() = default;
  /// One layer of any type. Of an array or a scalar, `{"var": ""}` reads the whole and an index
  /// reads an item.
  explicit variables(const json& data) { add(data); }
  explicit variables(json&&) = delete;

  /// Adds an object as the last layer. At most `max_layers` in all.
  void add(const json& layer) {
    PAWL_ASSERT_RUN(size_ < max_layers, "too many layers of variables");
    layers_[size_++] = &layer;
  }
  void add(json&&) = delete;
  [[nodiscard]] std::span<const json* const> layers() const noexcept {
    return {layers_.data(), size_};
  }

 private:
  std::array<const json*, max_layers> layers_{};
  std::size_t size_ = 0;
};

/// A compiled rule. Immutable; cheap to copy; safe for concurrent use.
class rule {
 public:
  rule() = default;  ///< the literal null

  /// Evaluates to a JSON value. NaN and infinities become null, as in JavaScript's JSON.
  /// Errors: `limit_exceeded` (steps, bytes, depth), `invalid_rule` with the type
  /// "invalid_arguments" (an operator lacks a required argument).
  [[nodiscard]] result<json> evaluate(const variables& data, const limits& limits = {}) const;

  /// Returns whether the result is truthy. Does not copy data. Errors: as `evaluate`.
  [[nodiscard]] result<bool> test(const variables& data, const limits& limits = {}) const;

  /// The JSON that the rule was compiled from.
  [[nodiscard]] const json& source() const noexcept;

  /// The literal paths that `var`, `missing` and `missing_some` read, in source order, without
  /// duplicates. For static checks. Excludes paths in the body of an iteration (`map`, `filter`,
  /// …), which read the item, and the path `""`.
  [[nodiscard]] std::vector<std::string> reads() const;

 private:
  friend struct rule_access;
  std::shared_ptr<const struct compiled> compiled_;
};

/// Compiles a rule. Appends diagnostics whose pointers begin with `pointer`: the errors
/// "unknown_operator" (at most 100, with the most similar operator), "rule_too_deep" and
/// "rule_too_large", and the warning "rule_in_literal" (an object with several keys is a literal,
/// but a rule stands in it). After an error it returns the literal null.
[[nodiscard]] rule compile(const json& source, std::string_view pointer,
                           std::vector<diagnostic>& diagnostics, const limits& limits = {});

/// Compiles a single rule. Error: `invalid_rule` with the message and, as `type`, the code of the
/// first diagnostic; it has all diagnostics.
[[nodiscard]] result<rule> compile(const json& source, const limits& limits = {});

/// Compiles a rule whose truth value is wanted: the rule of an edge or a condition. Besides the
/// diagnostics of `compile`, the error "not_a_rule" for an object that does not have exactly one
/// key and the error "constant_rule" for another constant than `true` and `false`, which would
/// always be true or always be false.
[[nodiscard]] rule compile_condition(const json& source, std::string_view pointer,
                                     std::vector<diagnostic>& diagnostics,
                                     const limits& limits = {});
/// Appends the last two diagnostics. Returns whether there are none.
bool check_condition(const json& source, std::string_view pointer,
                     std::vector<diagnostic>& diagnostics);

/// Whether a value is a rule where a value is wanted: an object whose only key is an operator.
[[nodiscard]] bool is_rule(const json& source) noexcept;

/// Truthiness in JSONLogic: empty arrays, empty strings, 0, NaN, null and false are false; objects
/// are true.
[[nodiscard]] bool truthy(const json& value) noexcept;

/// The names of all operators, sorted.
[[nodiscard]] std::span<const std::string_view> operators() noexcept;

}  // namespace pawl::flow::logic
