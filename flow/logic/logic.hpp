#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

/// JSONLogic (https://jsonlogic.com): rules compiled once, evaluated many times.
namespace pawl::flow::logic {

/// What hostile rules are held to.
struct limits {
  std::uint32_t max_depth = 128;        ///< nesting of a rule, checked by `compile`
  std::uint32_t max_nodes = 100'000;    ///< operators and literals in a rule, checked by `compile`
  std::uint64_t max_steps = 1'000'000;  ///< operator calls and items visited in one evaluation
  std::uint64_t max_bytes = 16u << 20;  ///< text and arrays that one evaluation may build
};

/// The data a rule reads, as layers of objects: a top-level name is looked up in the first layer
/// that has it. Layers are not copied; they must outlive the evaluation.
class variables {
 public:
  variables() = default;
  /// Data of any type as one layer; an array or a plain value serves `{"var": ""}` and indexes.
  explicit variables(const json& data) : layers_{&data} {}

  /// Adds an object that is asked after those already there.
  void add(const json& layer) { layers_.push_back(&layer); }
  [[nodiscard]] std::span<const json* const> layers() const noexcept { return layers_; }

 private:
  std::vector<const json*> layers_;
};

class expression;  // a compiled rule's inner node; see the .cpp files

/// A compiled rule. Immutable, cheap to copy, safe to evaluate from several threads.
class rule {
 public:
  rule() = default;  ///< the literal null

  /// Evaluates to a JSON value. Errors: `limit_exceeded` (steps, bytes), `invalid_rule` (what the
  /// language defines as an error, such as NaN from division by zero, with the error's type).
  [[nodiscard]] result<json> evaluate(const variables& data, const limits& allowed = {}) const;

  /// The JSON this rule was compiled from.
  [[nodiscard]] const json& source() const noexcept;

  /// The paths that `var`, `missing`, … read, where they are literals, in order of appearance,
  /// without repeats. For static checks.
  [[nodiscard]] std::vector<std::string> reads() const;

 private:
  friend struct rule_access;
  std::shared_ptr<const struct compiled> compiled_;
};

/// Compiles a rule. Faults are appended to `faults`, with pointers that begin with `pointer`:
/// unknown operator (with the nearest known one), too deep, too large. Returns a rule that
/// evaluates to null when an error was appended.
[[nodiscard]] rule compile(const json& source, std::string_view pointer, std::vector<fault>& faults,
                           const limits& allowed = {});

/// The same for a single rule: the first fault as an `invalid_rule` error with all `faults`.
[[nodiscard]] result<rule> compile(const json& source, const limits& allowed = {});

/// The language's idea of truth: empty arrays and strings, 0, null and false are false; objects
/// are true.
[[nodiscard]] bool truthy(const json& value) noexcept;

/// Every operator's name, sorted.
[[nodiscard]] std::span<const std::string_view> operators() noexcept;

}  // namespace pawl::flow::logic
