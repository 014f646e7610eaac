#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include <pawl/result.hpp>

namespace pawl {

/// Retries an operation after a failure, on its own thread: at once, then with exponential back-off
/// until an attempt succeeds. A new failure soon after a success continues the back-off. Safe for
/// concurrent use.
class restarter {
 public:
  struct waits {
    std::chrono::milliseconds first;
    std::chrono::milliseconds longest;  ///< also: time of success after which back-off starts anew
  };
  /// How long it waits after an attempt that fails with the type `standby`, `no_standby` or
  /// `unreachable`: what it waits for ends at any time, and asking costs little.
  static constexpr std::chrono::milliseconds short_wait{250};

  restarter(waits between, std::function<result<void>()> attempt);
  ~restarter() { end(); }
  restarter(const restarter&) = delete;
  restarter& operator=(const restarter&) = delete;

  /// Reports a failure.
  void failed();
  /// Stops. Waits for a running attempt; starts no further one. Must not be called from an attempt.
  void end();

 private:
  void work();

  const waits between_;
  const std::function<result<void>()> attempt_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool failed_ = false;  ///< guarded by mutex_
  bool ended_ = false;   ///< guarded by mutex_
  std::thread thread_;
};

}  // namespace pawl
