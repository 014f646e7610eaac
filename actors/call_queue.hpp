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

/// A submitted call until its function has returned. Its executor's mutex guards what changes;
/// the thread that runs it uses the rest without.
struct queued_call {
  queued_call(invocation_id number, invocation what)
      : id(number),
        call(std::move(what)),
        context(facts_of(call), call.observer, {}, stop.get_token()) {}

  const invocation_id id;
  invocation call;
  std::stop_source stop;
  functions::call_context context;

  std::optional<time_point> began_at;
  bool answered = false;
  /// Why it was told to stop, and so what it is answered.
  std::optional<error> verdict;
  /// When its time is over, whatever it says.
  std::optional<std::chrono::steady_clock::time_point> end;
  /// When it is looked at again and perhaps told to stop or, once it is, given up.
  std::optional<std::chrono::steady_clock::time_point> deadline;
};
using call_ptr = std::shared_ptr<queued_call>;

/// Calls that wait for a thread, in the order of their submission, each function held to its
/// `max_concurrency`. A call over that limit is aside: it holds up nobody but its own function.
/// Not safe for concurrent use.
///
/// A call takes one of its function's places when it becomes ready, and `ended` gives the place to
/// the longest waiting of those aside, which keeps its rank among all others. All operations cost
/// at most O(log n), but `erase` of one that is aside looks through the functions with a limit.
class call_queue {
 public:
  void push(call_ptr call);
  /// The first that may begin, or null. To be followed by `ended` when its function has returned.
  [[nodiscard]] call_ptr pop();
  /// Frees the place of a call that was popped.
  void ended(const queued_call& call);
  /// Takes out one that waits; null if it does not wait here.
  call_ptr erase(invocation_id id);
  /// Takes out all that wait, in order.
  [[nodiscard]] std::vector<call_ptr> clear();

  [[nodiscard]] std::size_t size() const noexcept { return ready_.size() + aside_; }
  [[nodiscard]] std::size_t ready() const noexcept { return ready_.size(); }

 private:
  using ordered_calls = std::map<invocation_id, call_ptr>;
  /// A function with a limit of which calls are ready, running or aside. Its calls keep the
  /// function alive, so that its address stays its own.
  struct lane {
    std::uint32_t taken = 0;
    ordered_calls aside;
  };
  using lanes = std::unordered_map<const functions::registered_function*, lane>;

  void free_place(const queued_call& call);

  ordered_calls ready_;
  lanes lanes_;
  std::size_t aside_ = 0;
};

}  // namespace pawl::actors
