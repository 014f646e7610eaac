#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/assert.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>

#include "flow/logic/secret_place.hpp"

namespace pawl::flow::schema {
class pattern_memory;
}

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
  /// What the patterns of a flow share, taken by `compile`. Null: each rule has its own.
  schema::pattern_memory* patterns = nullptr;
  /// Receives the places of the secrets of a template, in `compile_template` and `compile_members`.
  /// Null: a secret is an error.
  secret_places* secrets = nullptr;
};

/// What the operators `now`, `uuid` and `random` read. Contexts with equal values give equal
/// results, so the same step has the same results when it is evaluated again after a crash.
class rule_context {
 public:
  /// Microseconds since 1970.
  [[nodiscard]] virtual std::int64_t now_us() const = 0;
  /// Differs between steps: the idempotency key.
  [[nodiscard]] virtual std::string seed() const = 0;

 protected:
  ~rule_context() = default;
};

/// A context with given values.
class fixed_context final : public rule_context {
 public:
  fixed_context() = default;
  fixed_context(std::int64_t now_us, std::string seed) : now_us_(now_us), seed_(std::move(seed)) {}

  [[nodiscard]] std::int64_t now_us() const override { return now_us_; }
  [[nodiscard]] std::string seed() const override { return seed_; }

 private:
  std::int64_t now_us_ = 0;
  std::string seed_;
};

/// The data that a rule reads, as layers of objects. A top-level name is read from the first layer
/// that has it. Layers are not copied and must outlive the evaluation.
class variables {
 public:
  static constexpr std::size_t max_layers = 12;

  /// A value, or an object with one member that consists of a name and a value.
  struct layer {
    const json* value = nullptr;
    std::optional<std::string_view> name = {};

    /// The number of members; 0 if it is no object.
    [[nodiscard]] std::size_t size() const noexcept;
    /// The member with a name, or null.
    [[nodiscard]] const json* find(std::string_view member) const noexcept;
    /// Calls `use(name, value)` for each member, as long as it returns true. Returns whether all
    /// calls did.
    template <class Use>
    bool each(const Use& use) const {
      if (name) return use(*name, *value);
      const auto* const members = value->get_ptr<const json::object_t*>();
      if (members == nullptr) return true;
      for (const auto& [key, child] : *members)
        if (!use(std::string_view{key}, child)) return false;
      return true;
    }
  };

  variables() = default;
  /// One layer of any type. Of an array or a scalar, `{"var": ""}` reads the whole and an index
  /// reads an item.
  explicit variables(const json& data) { add(data); }
  explicit variables(json&&) = delete;

  /// Adds an object as the last layer. At most `max_layers` in all.
  void add(const json& object) { add_layer({&object}); }
  void add(json&&) = delete;
  /// Adds a layer with one member. The text of the name must outlive the evaluation, too.
  void add_member(std::string_view name, const json& value) { add_layer({&value, name}); }
  void add_member(std::string_view name, json&&) = delete;
  /// Sets what `now`, `uuid` and `random` read; it must outlive the evaluation. Default: 1970 and
  /// no seed.
  void set_context(const rule_context& context) noexcept { context_ = &context; }
  void set_context(rule_context&&) = delete;
  [[nodiscard]] const rule_context& context() const noexcept {
    static const fixed_context none;
    return context_ == nullptr ? none : *context_;
  }
  [[nodiscard]] std::span<const layer> layers() const noexcept { return {layers_.data(), size_}; }

 private:
  void add_layer(layer added) {
    PAWL_ASSERT_RUN(size_ < max_layers, "too many layers of variables");
    layers_[size_++] = added;
  }

  std::array<layer, max_layers> layers_{};
  std::size_t size_ = 0;
  const rule_context* context_ = nullptr;
};

/// A compiled rule. Immutable; cheap to copy; safe for concurrent use.
class rule {
 public:
  rule() = default;  ///< the literal null

  /// Evaluates to a JSON value. NaN and infinities become null, as in JavaScript's JSON.
  /// Errors: `limit_exceeded` (steps, bytes, depth), `invalid_rule` with the type
  /// "invalid_arguments" (an operator lacks a required argument), "wrong_type" (an argument has a
  /// type that the operator does not take), another type of docs/operators.md, or that of a
  /// `throw`.
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
/// "unknown_operator" (with the most similar operator), "wrong_argument_count", "wrong_type" and
/// "invalid_pattern" (at most 100), "rule_too_deep" and "rule_too_large", and the warning
/// "rule_in_literal" (an object with several keys is a literal, but a rule stands in it). After an
/// error it returns the literal null.
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

/// Whether an operator evaluates its second argument for each item of the first, as `map` does.
[[nodiscard]] bool is_iteration(std::string_view name) noexcept;

/// Truthiness in JSONLogic: empty arrays, empty strings, 0, NaN, null and false are false; objects
/// are true.
[[nodiscard]] bool truthy(const json& value) noexcept;

/// The names of all operators, sorted.
[[nodiscard]] std::span<const std::string_view> operators() noexcept;

}  // namespace pawl::flow::logic
