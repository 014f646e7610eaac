#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/executor.hpp"
#include "functions/context.hpp"

namespace pawl::actors {

/// A submitted call, until its function has returned. The executor's mutex guards the variable
/// part; the thread that runs the call uses the rest without it.
struct queued_call {
  queued_call(invocation_id number, invocation what)
      : id(number),
        call(std::move(what)),
        context(facts_of(call), call.observer, {}, stop.get_token()) {}

  const invocation_id id;
  invocation call;
  std::stop_source stop;
  functions::call_context context;

  /// Calls of the same step that were submitted meanwhile: they begin when this one has returned,
  /// or is abandoned.
  std::vector<std::shared_ptr<queued_call>> after;
  std::optional<time_point> began_at;
  bool answered = false;
  /// Why it was asked to stop; its answer.
  std::optional<error> stop_reason;
  /// When its time-out ends.
  std::optional<std::chrono::steady_clock::time_point> end;
  /// When it is checked next: it is asked to stop if it is late, or abandoned if it was asked.
  std::optional<std::chrono::steady_clock::time_point> deadline;
};
using call_ptr = std::shared_ptr<queued_call>;

/// Calls that wait for a thread, in the order of their submission. A call above its function's
/// `max_concurrency` is set aside, so it delays only calls of its own function. Not safe for
/// concurrent use.
///
/// A call takes one of its function's slots when it becomes ready. `ended` gives the slot to the
/// oldest call that is set aside, which keeps its rank among all calls. All operations are
/// O(log n), except that `erase` of a call that is set aside searches all functions with a limit.
class call_queue {
 public:
  void push(call_ptr call);
  /// Removes the first call that may begin. Null if there is none. Call `ended` when its function
  /// has returned.
  [[nodiscard]] call_ptr pop();
  /// Frees the slot of a call that was popped.
  void ended(const queued_call& call);
  /// Removes a waiting call. Null if it does not wait.
  call_ptr erase(invocation_id id);
  /// Removes all waiting calls, in order.
  [[nodiscard]] std::vector<call_ptr> clear();

  [[nodiscard]] std::size_t size() const noexcept { return ready_.size() + aside_; }
  [[nodiscard]] std::size_t ready() const noexcept { return ready_.size(); }

 private:
  using ordered_calls = std::map<invocation_id, call_ptr>;
  /// A function with a limit that has calls. Its calls keep the function alive, so its address is
  /// not reused.
  struct limited_function {
    std::uint32_t slots_taken = 0;
    ordered_calls aside;
  };
  using limited_functions =
      std::unordered_map<const functions::registered_function*, limited_function>;

  void free_slot(const queued_call& call);

  ordered_calls ready_;
  limited_functions limited_;
  std::size_t aside_ = 0;
};

}  // namespace pawl::actors
