#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <pawl/time.hpp>

#include "actors/executor.hpp"
#include "functions/call_timers.hpp"
#include "functions/value_check.hpp"

namespace pawl::actors {

struct thread_executor_options {
  std::uint32_t threads = 4;               ///< at least 1; started when needed
  std::uint32_t max_asynchronous = 1'000;  ///< calls with a connection at once; at least 1
  std::uint32_t max_timed = 100'000;       ///< calls that only wait for a timer; at least 1
  std::uint32_t max_stuck = 64;            ///< maximum number of stuck threads that are replaced
  /// How long a call may take to return after it was asked to stop, before it is abandoned.
  std::chrono::milliseconds grace{5'000};
  /// The maximum of `grace` while the executor stops, so that a stop ends soon.
  std::chrono::milliseconds stop_grace{3'000};
  functions::value_limits result_limits = {};
  /// The current time, for `outcome`. Called on any thread; must not block. Not called after
  /// `stop`, not even by stuck threads.
  std::function<time_point()> now;
  /// For asynchronous functions; null: they have none.
  std::shared_ptr<functions::call_timers> timers = {};
  /// Asked before a call begins on a thread, with a lock: whether it may now. While it may not, the
  /// threads ask again each 100 ms. Not called after `stop`. Empty: always.
  std::function<bool()> may_begin = {};
  /// Called for each abandoned call, before its `done`, for the log. May be empty.
  std::function<void(const invocation& call, const error& why)> on_stuck = {};
  /// Starts a thread; throws `std::system_error` if the system has none. Empty: std::thread. Called
  /// with a lock.
  std::function<std::thread(std::function<void()> run)> make_thread = {};
  /// After no thread could be started while none runs: the time until the next try. A thread that
  /// returns meanwhile takes the calls that wait.
  std::chrono::milliseconds retry_threads{1'000};
  /// Called when no thread can be started, for the log, with a lock. May be empty.
  std::function<void(const std::string& why)> on_no_thread = {};
};

/// Makes an executor that runs calls on threads of its own. An idle executor uses no CPU.
///
/// Calls wait in the order of `fair_queue`: the scope that runs the fewest calls is next, its flows
/// take turns, and calls of one flow begin in the order of their submission. While a scope uses all
/// threads, others get up to `reserve_for(threads)` more: a function that hangs holds threads of
/// its own scope only. A call above its function's `max_concurrency` is set aside: it occupies no
/// thread and delays no other function. Asynchronous calls use no thread; `max_asynchronous` and
/// `max_timed` limit them by the same rule.
///
/// When a call times out or is cancelled, a stop is requested on its stop token, and it is answered
/// when it returns. If it does not return within `grace` it is abandoned: it is answered, its
/// observer is detached, and its thread is counted as stuck and replaced. An abandoned call still
/// counts for `max_concurrency`, because its function still runs. With `max_stuck` stuck threads
/// further calls wait until one returns. There are at most `max_stuck` threads more than above.
///
/// If the system has no further thread, calls wait for one of those that there are. If there is
/// none, the start of one is tried again after `retry_threads`, once for all calls.
///
/// The number of calls that wait is limited by those who submit them (`invocation::place`).
///
/// `done` is called without a lock, and after the call has released its state if its function has
/// returned. A stuck thread uses only what it owns, and no clock, observer or `done`, so it may
/// return after the executor is destroyed. Stop callbacks of functions (std::stop_callback) run on
/// the executor's threads and must not block. Making an executor throws `std::system_error` if its
/// thread for time-outs cannot be started.
///
/// `stop` lets running calls finish and cancels the others at once. If a call that was asked to
/// stop for this reason succeeds, its result is kept. Neither `stop` nor the destructor, which
/// stops with a limit of 0, may be called from a function or from `done`.
[[nodiscard]] std::unique_ptr<executor> make_thread_executor(thread_executor_options options);

}  // namespace pawl::actors
