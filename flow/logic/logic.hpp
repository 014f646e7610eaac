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

/// What hostile rules are held to.
struct limits {
  /// Nesting of operators and literals in a rule, checked by `compile`, and of the arrays that an
  /// evaluation builds. More than 512 counts as 512, for the sake of the stack.
  std::uint32_t max_depth = 128;
  std::uint32_t max_nodes = 100'000;    ///< operators and literals in a rule, checked by `compile`
  std::uint64_t max_steps = 1'000'000;  ///< operator calls and items visited in one evaluation
  /// Text and arrays that one evaluation may build, its result included. Text that is read costs
  /// steps, one for 64 bytes.
  std::uint64_t max_bytes = 16u << 20;
};

/// The data a rule reads, as layers of objects: a top-level name is looked up in the first layer
/// that has it. Layers are not copied; they must outlive the evaluation.
class variables {
 public:
  static constexpr std::size_t max_layers = 8;

  variables() = default;
  /// Data of any type as one layer; an array or a plain value serves `{"var": ""}` and indexes.
  explicit variables(const json& data) { add(data); }
  explicit variables(json&&) = delete;

  /// Adds an object that is asked after those already there. At most `max_layers` in all.
  void add(const json& layer) {
    PAWL_ASSERT(size_ < max_layers, "too many layers of variables");
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

/// A compiled rule. Immutable, cheap to copy, safe to evaluate from several threads.
class rule {
 public:
  rule() = default;  ///< the literal null

  /// Evaluates to a JSON value. NaN and infinities become null, as in JavaScript's JSON.
  /// Errors: `limit_exceeded` (steps, bytes, depth), `invalid_rule` (an operator without the
  /// arguments that it cannot do without; `error::type` is "invalid_arguments").
  [[nodiscard]] result<json> evaluate(const variables& data, const limits& allowed = {}) const;

  /// Whether it evaluates to something true. Never copies data. Errors as `evaluate`.
  [[nodiscard]] result<bool> test(const variables& data, const limits& allowed = {}) const;

  /// The JSON this rule was compiled from.
  [[nodiscard]] const json& source() const noexcept;

  /// The paths that `var`, `missing` and `missing_some` read, where they are literals, in order of
  /// appearance, without repeats. For static checks. What a body of `map`, `filter`, … reads is of
  /// the item, not of the variables, so it is not among them; nor is the whole data (`""`).
  [[nodiscard]] std::vector<std::string> reads() const;

 private:
  friend struct rule_access;
  std::shared_ptr<const struct compiled> compiled_;
};

/// Compiles a rule. Faults are appended to `diagnostics`, with pointers that begin with `pointer`:
/// "unknown_operator" (with the nearest known one; at most 100 of them), "rule_too_deep",
/// "rule_too_large". Returns a rule that is null when a diagnostic was appended.
[[nodiscard]] rule compile(const json& source, std::string_view pointer,
                           std::vector<diagnostic>& diagnostics, const limits& allowed = {});

/// The same for a single rule: the first diagnostic as an `invalid_rule` error with all
/// `diagnostics`; its `type` is the code of the first.
[[nodiscard]] result<rule> compile(const json& source, const limits& allowed = {});

/// The language's idea of truth: empty arrays and texts, 0, NaN, null and false are false; objects
/// are true.
[[nodiscard]] bool truthy(const json& value) noexcept;

/// Every operator's name, sorted.
[[nodiscard]] std::span<const std::string_view> operators() noexcept;

}  // namespace pawl::flow::logic
