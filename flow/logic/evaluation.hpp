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

/// One evaluation of a rule: its variables, what is left of its budgets, and the memory of what it
/// builds. Failure sticks: afterwards every call of `eval` gives undefined and every budget is
/// empty, so that operators and their loops end by themselves. Used by one thread.
class evaluation {
 public:
  evaluation(const variables& data, const limits& allowed)
      : data_(data),
        allowed_(allowed),
        steps_left_(allowed.max_steps),
        bytes_left_(allowed.max_bytes) {}
  evaluation(const evaluation&) = delete;
  evaluation& operator=(const evaluation&) = delete;

  /// The data of the rule as a whole, before any iteration narrows it.
  [[nodiscard]] value whole_data() const noexcept;
  [[nodiscard]] const variables& data() const noexcept { return data_; }

  [[nodiscard]] value eval(const expression& e, const value& data) {
    if (e.is_literal()) return e.literal;
    if (!step(e.steps)) return {};
    return e.apply(*this, e, data);
  }
  /// Argument `i` of a call, undefined where it is not written.
  [[nodiscard]] value arg(const expression& call, std::size_t i, const value& data) {
    return i < call.arg_count ? eval(call.first_arg[i], data) : value{};
  }

  /// Takes steps from the budget. False once the evaluation has failed.
  [[nodiscard]] bool step(std::uint64_t count = 1) {
    if (count > steps_left_) return out_of_steps();
    steps_left_ -= count;
    return !failed();
  }
  /// Pays for reading that many bytes of text.
  [[nodiscard]] bool read(std::size_t bytes) { return bytes < 64 || step(bytes / 64); }
  /// Takes bytes from the budget. False once the evaluation has failed.
  [[nodiscard]] bool take(std::uint64_t bytes) {
    if (bytes > bytes_left_) return out_of_bytes();
    bytes_left_ -= bytes;
    return !failed();
  }

  /// A copy of `text` that lives as long as the evaluation. Its bytes are paid for by the caller.
  [[nodiscard]] std::string_view keep(std::string_view text);
  /// A copy of `f` that lives as long as the evaluation; undefined after a failure.
  [[nodiscard]] value keep(const frame& f);
  /// Room for `count` values, paid for here; null after a failure.
  [[nodiscard]] value* room(std::size_t count);

  /// False, with a failure, if a list or frame of that depth may not be built.
  [[nodiscard]] bool may_nest(std::uint32_t depth);

  void fail(error e);
  [[nodiscard]] bool failed() const noexcept { return failure_.has_value(); }
  /// Only after a failure.
  [[nodiscard]] error take_failure() { return std::move(*failure_); }

 private:
  bool out_of_steps();
  bool out_of_bytes();

  const variables& data_;
  const limits& allowed_;
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

  /// No more than the capacity. Ignored after a failure.
  void add(const value& item) noexcept {
    if (items_ == nullptr) return;
    items_[size_++] = item;
    if (item.depth() > depth_) depth_ = item.depth();
  }
  /// The list; undefined if the evaluation has failed.
  [[nodiscard]] value finish();

 private:
  evaluation& run_;
  value* items_;
  std::size_t size_ = 0;
  std::uint32_t depth_ = 0;
};

/// The JSON of a value, copied without recursion, however deep the data is. NaN and infinities,
/// which JSON does not have, become null, as in JavaScript. Null after the evaluation has failed.
[[nodiscard]] json materialise(evaluation& run, const value& v);

}  // namespace pawl::flow::logic
