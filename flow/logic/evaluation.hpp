#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <pawl/json.hpp>

#include <pawl/error.hpp>

#include "flow/logic/expression.hpp"
#include "flow/logic/logic.hpp"
#include "flow/logic/value.hpp"

namespace pawl::flow::logic {

class evaluation;

/// Receives the calls of operators as they are evaluated.
class trace_sink {
 public:
  virtual void enter(evaluation& run, const json& call) = 0;
  /// The call that was entered last has this value. After a failure the value is meaningless.
  virtual void leave(evaluation& run, const value& made) = 0;

 protected:
  ~trace_sink() = default;
};

/// One evaluation of a rule: its variables, its remaining budgets, and the memory of the values
/// that it builds. Failure is sticky: after it `eval` returns undefined and the budgets are empty,
/// so that operators and their loops end without checks of their own. Not thread-safe.
class evaluation {
 public:
  /// The data around the body of an iteration, for `val`.
  struct scope {
    const value* data;  ///< what the call of the iteration reads
    std::size_t index;  ///< of the item that the body reads
    const scope* outer;
  };

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
    if (trace_ != nullptr) return traced(e, data);
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
  /// Keeps a stored value as long as the evaluation. The caller pays for it.
  [[nodiscard]] const json& keep_stored(json&& stored) {
    return kept_.emplace_front(std::move(stored));
  }
  /// Allocates and pays for `count` members. Returns null after a failure.
  [[nodiscard]] member* room_for_members(std::size_t count);
  /// Allocates and pays for `count` values. Returns null after a failure.
  [[nodiscard]] value* room(std::size_t count);

  /// Returns false, and fails the evaluation, if a list or frame of that depth exceeds the limit.
  [[nodiscard]] bool may_nest(std::uint32_t depth);

  /// Fails the evaluation. Does nothing after a failure.
  void fail(error e);
  /// Fails it with a value that `try` passes to its handler.
  void fail(error e, const value& thrown);
  [[nodiscard]] bool failed() const noexcept { return failure_.has_value(); }
  /// Call only after a failure.
  [[nodiscard]] error take_failure() { return std::move(*failure_); }
  /// Goes on after a failure, with what is left of the budgets, and returns what was thrown. None
  /// if there is no failure, or if it is an exceeded limit, which cannot be caught.
  [[nodiscard]] std::optional<value> catch_failure();

  /// The scopes around the expression that is being evaluated, innermost first; null for none.
  [[nodiscard]] const scope* innermost() const noexcept { return innermost_; }
  /// Evaluates argument `which` of a call, the body of an iteration, for an item.
  [[nodiscard]] value body(const expression& call, std::size_t which, const value& item,
                           const value& outer, std::size_t index) {
    const scope around{&outer, index, innermost_};
    innermost_ = &around;
    const value made = arg(call, which, item);
    innermost_ = around.outer;
    return made;
  }

  /// A number that differs for each call in an evaluation, and is the same in each evaluation.
  [[nodiscard]] std::uint64_t next_chance() noexcept { return chances_++; }

  [[nodiscard]] std::uint64_t steps_left() const noexcept { return steps_left_; }
  [[nodiscard]] std::uint64_t bytes_left() const noexcept { return bytes_left_; }
  /// Reports every call of an operator to `to`, which must outlive the evaluation.
  void trace(trace_sink& to) noexcept { trace_ = &to; }

 private:
  [[nodiscard]] value traced(const expression& e, const value& data);
  bool out_of_steps();
  bool out_of_bytes();

  const variables& data_;
  const limits& limits_;
  std::uint64_t steps_left_;
  std::uint64_t bytes_left_;
  std::uint64_t steps_at_failure_ = 0;
  std::uint64_t bytes_at_failure_ = 0;
  std::optional<error> failure_;
  value thrown_;
  const scope* innermost_ = nullptr;
  std::uint64_t chances_ = 0;
  trace_sink* trace_ = nullptr;
  std::forward_list<json> kept_;
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

/// Builds an object of at most `capacity` members. Of members with the same key the last one
/// counts.
class record_builder {
 public:
  record_builder(evaluation& run, std::size_t capacity)
      : run_(run), members_(capacity > 0 ? run.room_for_members(capacity) : nullptr) {}

  /// Adds a member, at most `capacity` in all. `key` must live as long as the evaluation. Does
  /// nothing after a failure.
  void add(std::string_view key, const value& what) noexcept {
    if (members_ == nullptr) return;
    members_[size_++] = {key, what};
    if (what.depth() > depth_) depth_ = what.depth();
  }
  /// Returns the object; undefined after a failure.
  [[nodiscard]] value finish();

 private:
  [[nodiscard]] bool sort();

  evaluation& run_;
  member* members_;
  std::size_t size_ = 0;
  std::uint32_t depth_ = 0;
};

/// Copies a value to JSON, without recursion, because data may have any depth. NaN and infinities,
/// which JSON does not have, become null, as in JavaScript. Returns null after a failure.
[[nodiscard]] json materialise(evaluation& run, const value& v);

}  // namespace pawl::flow::logic
