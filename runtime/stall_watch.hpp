#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace pawl {

/// Notices that a group of threads does no more work, because all of them are busy with something
/// that does not return. Sends them a probe whenever it is asked and none is under way. Needs no
/// thread. Safe for concurrent use.
class stall_watch {
 public:
  using steady = std::chrono::steady_clock;
  /// Hands a function to the threads, which call it once.
  using sender = std::function<void(std::function<void()> probe)>;

  /// `limit`: how long a probe may wait.
  explicit stall_watch(std::chrono::milliseconds limit) : limit_(limit) {}

  /// Returns how long the probe has waited if that exceeds the limit. Notices a stall at the
  /// earliest when it is asked a second time, `limit` after the first.
  [[nodiscard]] std::optional<std::chrono::milliseconds> check(steady::time_point now,
                                                               const sender& send);

 private:
  struct probe {
    steady::time_point sent_at;
    std::atomic<bool> answered{false};
  };

  const std::chrono::milliseconds limit_;
  std::mutex mutex_;
  std::shared_ptr<probe> last_;  ///< guarded by `mutex_`
};

}  // namespace pawl
