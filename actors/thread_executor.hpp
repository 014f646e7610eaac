#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <pawl/time.hpp>

#include "actors/executor.hpp"
#include "functions/value_check.hpp"

namespace pawl::actors {

struct thread_executor_options {
  std::uint32_t threads = 4;           ///< at least 1; started when they are needed
  std::uint32_t queue_limit = 10'000;  ///< calls that wait; at least 1
  std::uint32_t max_stuck = 64;        ///< threads that are replaced at once
  /// How long a call that was told to stop has to return before it is given up.
  std::chrono::milliseconds grace{5'000};
  functions::value_limits result_limits = {};
  /// What time it is, for `outcome`. Called from any thread; must not block. Not called after
  /// `stop`, not even by threads that are stuck then.
  std::function<time_point()> now;
  /// Told of each call that is given up, for the log. Called as `done` is. May be empty.
  std::function<void(const invocation& call, const error& why)> on_stuck = {};
};

/// Runs calls on threads of its own. An idle executor uses no CPU.
///
/// Calls begin in the order of their submission. A call over its function's `max_concurrency` waits
/// aside, holds no thread and holds up no other function. When a call's time is out, or it is
/// cancelled, its stop token stops; it is answered when it returns. If it has not after `grace` it
/// is given up: answered, cut off from its run, its thread counted as stuck and replaced. It keeps
/// its place under `max_concurrency`, for it still runs. With `max_stuck` such threads `submit`
/// answers `overloaded` until one returns; there are never more than `threads + max_stuck`.
///
/// `done` is called without a lock held, after the call has let go of its state if its function has
/// returned. A stuck thread touches only what it keeps alive itself, no clock, observer or `done`,
/// so that it may return after the executor is gone. Functions' stop callbacks (std::stop_callback)
/// run on the executor's threads and must not block.
///
/// `stop` lets calls that have begun go on and gives up the others at once, as `cancelled`. What a
/// call returns after it was told to stop for that reason is taken if it succeeds. `stop` and the
/// destructor, which stops without patience, must not be called from a function or from `done`.
[[nodiscard]] std::unique_ptr<executor> make_thread_executor(thread_executor_options options);

}  // namespace pawl::actors
