#pragma once

#include <csignal>

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "cli/exit_code.hpp"

namespace pawl::cli {

/// Takes SIGINT, SIGTERM and SIGHUP. As a rule they end the process at once, which the store
/// survives as it survives kill -9. While somebody is there to stop in order (`stop_in_order`), the
/// first is only noted and the second ends the process. To be made before any other thread, so that
/// all of them leave these signals to it; a signal that the caller has told the process to ignore
/// stays ignored. Safe for concurrent use.
class interrupts {
 public:
  interrupts();
  ~interrupts();
  interrupts(const interrupts&) = delete;
  interrupts& operator=(const interrupts&) = delete;

  /// From now on whoever calls this looks at `requested` and stops in order.
  void stop_in_order() noexcept { in_order_ = true; }
  /// SIGHUP calls this from now on, instead of ending anything; on the thread of the signals.
  void on_hang_up(std::function<void()> what);
  /// Returns when a signal has come that is to end the process.
  void wait() const noexcept { signal_.wait(0); }
  /// True once a signal has come.
  [[nodiscard]] bool requested() const noexcept { return signal_.load() != 0; }
  /// 128 and the signal's number; nothing if none has come.
  [[nodiscard]] std::optional<exit_code> code() const noexcept;

 private:
  void wait_for_signals();

  sigset_t watched_{};
  std::atomic<int> signal_{0};
  std::atomic<bool> in_order_{false};
  std::atomic<bool> ended_{false};
  std::mutex mutex_;
  std::function<void()> on_hang_up_;  ///< guarded by the mutex
  std::thread thread_;
};

}  // namespace pawl::cli
