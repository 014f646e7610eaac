#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "actors/call_queue.hpp"
#include "actors/thread_executor.hpp"
#include "functions/call.hpp"

namespace pawl::actors {

/// The threads behind `make_thread_executor`, and all that they share. Lives until the last thread,
/// stuck or not, has ended. Safe for concurrent use.
class thread_pool : public std::enable_shared_from_this<thread_pool> {
 public:
  explicit thread_pool(thread_executor_options options);

  // As the members of `executor` (thread_pool.cpp).
  result<invocation_id> submit(invocation call);
  void cancel(invocation_id id);
  void stop(std::chrono::milliseconds limit);
  [[nodiscard]] executor::load current_load() const;

 private:
  using steady = std::chrono::steady_clock;
  using unique_lock = std::unique_lock<std::mutex>;

  /// The error of a call that cannot be taken now, if so.
  [[nodiscard]] std::optional<error> refusal() const;
  /// Starts a thread if more calls are ready than threads wait. Error: there is no thread at all.
  [[nodiscard]] result<void> provide_thread();
  void work();
  void run_next(unique_lock& lock, call_ptr next);
  void begin(const call_ptr& call);
  /// What the function of an answered call does: it has returned or never begun, or it still runs.
  enum class function_state : std::uint8_t { returned, stuck };
  /// Answers a call, once. Releases the lock meanwhile.
  void answer(unique_lock& lock, const call_ptr& call, functions::call_outcome what,
              function_state now = function_state::returned);
  /// The call of the same step that is running; null if there is none. So two calls of a step do
  /// not overlap, unless one is abandoned.
  [[nodiscard]] call_ptr find_running_call_of(const invocation& step) const;
  /// Queues the calls that waited for this one.
  void release_calls_after(queued_call& ended);
  /// Removes a call that waits for a running one. Null if there is none with this id.
  [[nodiscard]] call_ptr take_held(invocation_id id);
  void erase_running(const call_ptr& call);
  void end_threads(unique_lock& lock);

  // Time-outs and stops (call_watch.cpp).

  /// The watcher's thread: waits for the deadlines of running calls.
  void watch();
  void expire(unique_lock& lock);
  /// Records why a running call must stop and starts its grace period, which a stop shortens. The
  /// caller then requests the stop without the lock. Returns false if the call was asked to stop
  /// before.
  bool request_stop(const call_ptr& call, error why);
  void set_deadline(const call_ptr& call, steady::time_point when);
  /// Answers a call that did not return in its grace period, and replaces its thread.
  void abandon(unique_lock& lock, const call_ptr& call);

  const thread_executor_options options_;
  mutable std::mutex mutex_;  ///< guards what follows, and the variable part of calls
  std::condition_variable work_;
  std::condition_variable watch_;
  std::condition_variable changed_;  ///< a condition that `stop` waits for has changed
  call_queue queue_;
  std::size_t held_ = 0;           ///< calls that wait for a running call of their step
  std::vector<call_ptr> running_;  ///< begun and not answered; at most one for each thread
  invocation_id next_id_ = 1;
  std::size_t threads_ = 0;    ///< all workers, stuck ones included
  std::size_t waiting_ = 0;    ///< workers without a call
  std::size_t stuck_ = 0;      ///< workers in an abandoned call
  std::size_t answering_ = 0;  ///< `done`s under way
  std::unordered_map<std::thread::id, std::thread> handles_;
  std::vector<std::thread> finished_;  ///< the worker that ended last; it joins those before
  std::thread watcher_;                ///< started with the first worker
  steady::time_point watched_until_ = steady::time_point::max();
  bool stopping_ = false;
  bool stopped_ = false;
};

/// When a running call is checked next: at its time-out, or when it has sent no heartbeat for too
/// long. None: never.
[[nodiscard]] std::optional<std::chrono::steady_clock::time_point> next_check(
    const queued_call& call);

/// The errors of calls that do not return a result.
[[nodiscard]] error call_cancelled();
[[nodiscard]] error engine_stopping();

}  // namespace pawl::actors
