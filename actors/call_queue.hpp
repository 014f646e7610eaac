#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/executor.hpp"
#include "actors/fair_queue.hpp"
#include "functions/context.hpp"

namespace pawl::actors {

struct queued_call;
using call_ptr = std::shared_ptr<queued_call>;

/// A submitted call, until its function has returned. The executor's mutex guards the variable
/// part; whoever runs the call uses the rest without it.
struct queued_call {
  queued_call(invocation_id number, invocation what,
              std::shared_ptr<functions::call_timers> timers = nullptr)
      : id(number),
        call(std::move(what)),
        context(facts_of(call), observer_of(call), {}, stop.get_token(), std::move(timers)) {}

  const invocation_id id;
  invocation call;
  std::stop_source stop;
  functions::call_context context;

  enum class stage : std::uint8_t {
    held,      ///< an earlier call of the same step has not ended
    aside,     ///< waits for a slot of its function (`max_concurrency`)
    ready,     ///< waits for a slot of the executor
    starting,  ///< has all slots; a thread will take it
    running,
    answered,
  };
  stage now = stage::held;
  fair_queue<call_ptr>::position at;  ///< of a call that is aside or ready
  /// Calls of the same step that were submitted meanwhile: they follow when this one is answered.
  std::vector<call_ptr> after;
  queued_call* earlier = nullptr;  ///< of a held call: the one with this call in its `after`
  bool has_slot = false;           ///< one of the executor's
  std::optional<time_point> began_at;
  /// Why it was asked to stop; its answer.
  std::optional<error> stop_reason;
  /// When its time-out ends.
  std::optional<std::chrono::steady_clock::time_point> end;
  /// When it is checked next: it is asked to stop if it is late, or abandoned if it was asked.
  std::optional<std::chrono::steady_clock::time_point> deadline;
};

/// Calls that wait for one of a number of slots, in the order of `fair_queue`. A call above its
/// function's `max_concurrency` is set aside, so it delays only calls of its own function. Not safe
/// for concurrent use. All operations are O(log n).
///
/// A call takes one of its function's slots when it becomes ready, and one of the executor's when
/// it is popped.
class call_queue {
 public:
  /// `slots`: the number of calls that can run at once; `reserve_for(slots)` more of scopes that
  /// run few.
  explicit call_queue(std::uint32_t slots) : ready_(slots, reserve_for(slots)) {}

  void push(const call_ptr& call);
  /// Removes the call that begins next and takes a slot for it. Null if none may begin.
  [[nodiscard]] call_ptr pop();
  /// Removes a call that is aside or ready.
  void erase(queued_call& call);
  /// Gives back the executor's slot of a call that was popped, if it still has it.
  void free_slot(queued_call& call);
  /// Gives back the slots of a call that was popped: its function has returned or never begins.
  void ended(queued_call& call);

  /// The calls of its flow that begin before a call that is aside or ready, counted up to `most`.
  [[nodiscard]] std::size_t ahead_of(const queued_call& call, std::size_t most) const;
  /// The calls that are aside or ready.
  [[nodiscard]] std::size_t size() const noexcept { return ready_.size() + aside_; }

 private:
  /// The slots of a function with a limit, and its calls that wait for one. Its calls keep the
  /// function alive, so its address is not reused.
  using limited_functions =
      std::unordered_map<const functions::registered_function*, fair_queue<call_ptr>>;

  void make_ready(const call_ptr& call);
  void free_function_slot(const queued_call& call);

  fair_queue<call_ptr> ready_;
  limited_functions limited_;
  std::size_t aside_ = 0;
};

}  // namespace pawl::actors
