#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/call_queue.hpp"
#include "actors/thread_executor.hpp"
#include "functions/call.hpp"

namespace pawl::actors {

/// The threads behind `make_thread_executor`, and all that they share. Lives until the last thread,
/// stuck or not, and the last asynchronous call have ended. Safe for concurrent use.
///
/// A call is `held` while an earlier call of its step is not answered; then it waits in one of the
/// queues, of the calls that need a thread, a connection or a timer, until it has a slot. All
/// operations are O(log n) in the number of calls.
class thread_pool : public std::enable_shared_from_this<thread_pool> {
 public:
  explicit thread_pool(thread_executor_options options);

  /// Starts the thread for time-outs. Call it once, first. Throws `std::system_error`.
  void start_watcher();

  // As the members of `executor` (thread_pool.cpp).
  result<invocation_id> submit(invocation call);
  void cancel(invocation_id id);
  void stop(std::chrono::milliseconds limit);
  [[nodiscard]] executor::load current_load() const;
  [[nodiscard]] std::optional<call_progress> progress_of(const run_key& run,
                                                         const std::string& idempotency_key) const;

 private:
  using steady = std::chrono::steady_clock;
  using unique_lock = std::unique_lock<std::mutex>;
  using stage = queued_call::stage;

  // Calls that wait (thread_pool.cpp).

  [[nodiscard]] call_queue& queue_of(const queued_call& call);
  [[nodiscard]] const call_queue& queue_of(const queued_call& call) const;
  /// Queues a call, or holds it if an earlier call of its step is not answered: so two calls of a
  /// step do not overlap, unless one is abandoned.
  void enqueue(const call_ptr& call);
  /// Removes a call that has not begun.
  void withdraw(queued_call& call);
  /// Gives calls the free slots and sees that they begin. Call it after a call was queued or a slot
  /// was given back. Releases the lock if an asynchronous call begins.
  void dispatch(unique_lock& lock);
  /// Answers a call, once. Releases the lock meanwhile.
  enum class function_state : std::uint8_t { returned, stuck };
  void answer(unique_lock& lock, const call_ptr& call, functions::call_outcome what,
              function_state now = function_state::returned);

  // Calls that run (pool_threads.cpp).

  /// Starts threads if more calls are starting than threads are free.
  void provide_threads();
  [[nodiscard]] std::thread make_thread(std::function<void()> run) const;
  [[nodiscard]] bool start_thread();
  void work();
  void run_next(unique_lock& lock, call_ptr next);
  void begin_asynchronous_calls(unique_lock& lock);
  void begin(const call_ptr& call);
  /// The function of a call has returned.
  void end(unique_lock& lock, const call_ptr& call, functions::call_outcome called);
  void end_threads(unique_lock& lock);

  // Time-outs and stops (call_watch.cpp).

  /// The watcher's thread: waits for the deadlines of running calls, and to start threads again.
  void watch();
  void expire(unique_lock& lock);
  /// Records why a running call must stop and starts its grace period, which a stop shortens. The
  /// caller then requests the stop without the lock. Returns false if the call was asked to stop
  /// before.
  bool request_stop(queued_call& call, error why);
  void set_deadline(queued_call& call, std::optional<steady::time_point> when);
  /// Answers a call that did not return in its grace period, and replaces its thread.
  void abandon(unique_lock& lock, const call_ptr& call);

  /// Orders calls by their step: its idempotency key and its run.
  struct by_step {
    using step = std::tuple<const std::string&, const run_key&>;
    using is_transparent = void;

    static step of(const queued_call* call) noexcept {
      return {call->call.idempotency_key, call->call.run};
    }
    bool operator()(const queued_call* a, const queued_call* b) const noexcept {
      return of(a) < of(b);
    }
    bool operator()(const queued_call* a, const step& b) const noexcept { return of(a) < b; }
    bool operator()(const step& a, const queued_call* b) const noexcept { return a < of(b); }
  };

  const thread_executor_options options_;
  mutable std::mutex mutex_;  ///< guards what follows, and the variable part of calls
  std::condition_variable work_;
  std::condition_variable watch_;
  std::condition_variable changed_;             ///< a condition that `stop` waits for has changed
  std::map<invocation_id, call_ptr> calls_;     ///< that are not answered
  std::set<queued_call*, by_step> steps_;       ///< for each step the call that is not held
  call_queue queue_;                            ///< calls that need a thread
  call_queue asynchronous_;                     ///< calls that need a connection
  call_queue timed_;                            ///< calls that only wait for a timer
  std::map<invocation_id, call_ptr> starting_;  ///< have a slot; taken by the next free thread
  std::map<invocation_id, call_ptr> starting_asynchronous_;
  bool begins_asynchronous_ = false;  ///< a thread empties `starting_asynchronous_`
  std::set<std::pair<steady::time_point, queued_call*>> deadlines_;
  std::size_t running_ = 0;  ///< calls that have begun and are not answered
  invocation_id next_id_ = 1;
  std::size_t threads_ = 0;        ///< all workers, stuck ones included
  std::size_t busy_ = 0;           ///< workers in a call that is not abandoned
  std::size_t stuck_threads_ = 0;  ///< workers in an abandoned call
  std::size_t stuck_asynchronous_ = 0;
  std::size_t answering_ = 0;  ///< `done`s under way
  /// When the start of a thread is tried again, because calls wait and there is none.
  std::optional<steady::time_point> start_again_;
  std::unordered_map<std::thread::id, std::thread> handles_;
  std::vector<std::thread> finished_;  ///< the worker that ended last; it joins those before
  std::thread watcher_;
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
