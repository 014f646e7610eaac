#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace pawl::functions {

/// The timers that asynchronous functions wait for, without a thread for each. Safe for concurrent
/// use.
class call_timers {
 public:
  virtual ~call_timers() = default;

  /// Identifies a timer. Never reused.
  using id = std::uint64_t;
  /// Calls `what` once, when the duration has passed, on a thread that it must not hold up.
  [[nodiscard]] virtual id start(std::chrono::milliseconds duration,
                                 std::function<void()> what) = 0;
  /// Drops a timer that has not fired. Unknown ids are ignored, because a timer may just have
  /// fired; its function may then still be running.
  virtual void cancel(id which) = 0;
};

}  // namespace pawl::functions
