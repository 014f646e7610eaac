#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <pawl/error.hpp>

#include "flow/logic/expression.hpp"
#include "flow/logic/logic.hpp"
#include "flow/logic/value.hpp"

namespace pawl::flow::logic {

/// One evaluation of a rule: its variables, its remaining budgets, and the memory of the values
/// that it builds. Failure is sticky: after it `eval` returns undefined and the budgets are empty,
/// so that operators and their loops end without checks of their own. Not thread-safe.
class evaluation {
 public:
  evaluation(const variables& data, const limits& limits)
      : data_(data),
        limits_(limits),
        steps_left_(limits.max_steps),
        bytes_left_(limits.max_bytes) {}
  evaluation(const evaluation&) = delete;
  evaluation& operator=(const evaluation&) = delete;

  /// The data of the whole rule, outside of iterations.
  [[nodiscard]] value whole_data() const noexcept;
  [[nodiscard]] const variables& data() const noexcept { return data_; }

  [[nodiscard]] value eval(const expression& e, const value& data) {
    if (e.is_literal()) return e.literal;
    if (!step(e.steps)) return {};
    return e.apply(*this, e, data);
  }
  /// Evaluates argument `i` of a call; undefined if there is none.
  [[nodiscard]] value arg(const expression& call, std::size_t i, const value& data) {
    return i < call.arg_count ? eval(call.first_arg[i], data) : value{};
  }

  /// Takes steps from the budget. Returns false after a failure.
  [[nodiscard]] bool step(std::uint64_t count = 1) {
    if (count > steps_left_) return out_of_steps();
    steps_left_ -= count;
    return !failed();
  }
  /// Takes the steps for reading that many bytes of text.
  [[nodiscard]] bool read(std::size_t bytes) { return bytes < 64 || step(bytes / 64); }
  /// Takes bytes from the budget. Returns false after a failure.
  [[nodiscard]] bool take(std::uint64_t bytes) {
    if (bytes > bytes_left_) return out_of_bytes();
    bytes_left_ -= bytes;
    return !failed();
  }

  /// Copies `text` to memory that lives as long as the evaluation. The caller pays for its bytes.
  [[nodiscard]] std::string_view keep(std::string_view text);
  /// Copies `f` to memory that lives as long as the evaluation. Returns undefined after a failure.
  [[nodiscard]] value keep(const frame& f);
  /// Allocates and pays for `count` values. Returns null after a failure.
  [[nodiscard]] value* room(std::size_t count);

  /// Returns false, and fails the evaluation, if a list or frame of that depth exceeds the limit.
  [[nodiscard]] bool may_nest(std::uint32_t depth);

  void fail(error e);
  [[nodiscard]] bool failed() const noexcept { return failure_.has_value(); }
  /// Call only after a failure.
  [[nodiscard]] error take_failure() { return std::move(*failure_); }

 private:
  bool out_of_steps();
  bool out_of_bytes();

  const variables& data_;
  const limits& limits_;
  std::uint64_t steps_left_;
  std::uint64_t bytes_left_;
  std::optional<error> failure_;
  std::array<std::byte, 1024> first_bytes_;
  std::pmr::monotonic_buffer_resource memory_{first_bytes_.data(), first_bytes_.size(),
                                              std::pmr::new_delete_resource()};
};

/// Builds an array of at most `capacity` items.
class list_builder {
 public:
  list_builder(evaluation& run, std::size_t capacity)
      : run_(run), items_(capacity > 0 ? run.room(capacity) : nullptr) {}

  /// Adds an item, at most `capacity` in all. Does nothing after a failure.
  void add(const value& item) noexcept {
    if (items_ == nullptr) return;
    items_[size_++] = item;
    if (item.depth() > depth_) depth_ = item.depth();
  }
  /// Returns the list; undefined after a failure.
  [[nodiscard]] value finish();

 private:
  evaluation& run_;
  value* items_;
  std::size_t size_ = 0;
  std::uint32_t depth_ = 0;
};

/// Copies a value to JSON, without recursion, because data may have any depth. NaN and infinities,
/// which JSON does not have, become null, as in JavaScript. Returns null after a failure.
[[nodiscard]] json materialise(evaluation& run, const value& v);

}  // namespace pawl::flow::logic
