#pragma once

#include <csignal>

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "cli/exit_code.hpp"

namespace pawl::cli {

/// Handles SIGINT, SIGTERM and SIGHUP. By default a signal ends the process at once; the store
/// survives that as it survives kill -9. After `enable_graceful_stop` the first signal is only
/// recorded, and the second ends the process. Create it before any other thread, so that all
/// threads inherit the signal mask. A signal that the parent process ignores stays ignored.
/// Thread-safe.
class interrupts {
 public:
  interrupts();
  ~interrupts();
  interrupts(const interrupts&) = delete;
  interrupts& operator=(const interrupts&) = delete;

  /// Records the first signal instead of ending the process. The caller must check `requested`.
  void enable_graceful_stop() noexcept { graceful_ = true; }
  /// Sets the handler for SIGHUP, which then ends nothing. It runs on the signal thread.
  void on_hang_up(std::function<void()> handler);
  /// Blocks until a signal to stop arrives.
  void wait() const noexcept { signal_.wait(0); }
  /// True after a signal to stop.
  [[nodiscard]] bool requested() const noexcept { return signal_.load() != 0; }
  /// 128 plus the signal number; empty before a signal.
  [[nodiscard]] std::optional<exit_code> code() const noexcept;

 private:
  void wait_for_signals();

  sigset_t watched_{};
  std::atomic<int> signal_{0};
  std::atomic<bool> graceful_{false};
  std::atomic<bool> ended_{false};
  std::mutex mutex_;
  std::function<void()> on_hang_up_;  ///< guarded by `mutex_`
  std::thread thread_;
};

}  // namespace pawl::cli
