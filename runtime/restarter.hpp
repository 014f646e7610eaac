#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include <pawl/result.hpp>

namespace pawl {

/// Puts something right that has failed, on a thread of its own: tries at once, then again and
/// again with waits that double, until it succeeds. What fails once more soon after that waits
/// longer, too. Safe for concurrent use.
class restarter {
 public:
  struct waits {
    std::chrono::milliseconds first;
    std::chrono::milliseconds longest;  ///< what has been right for so long begins anew
  };
  restarter(waits between, std::function<result<void>()> attempt);
  ~restarter() { end(); }
  restarter(const restarter&) = delete;
  restarter& operator=(const restarter&) = delete;

  /// It has failed.
  void failed();
  /// Returns when an attempt that is under way has ended; there is none after it. Not from an
  /// attempt.
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
