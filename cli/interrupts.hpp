#pragma once

#include <csignal>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "cli/exit_code.hpp"

namespace pawl::cli {

/// How long after `engine.stop_timeout_ms` a process that was asked to stop ends in any case.
inline constexpr std::chrono::milliseconds stop_reserve{5'000};

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
  /// Ends the process with the code of the first signal if it has not ended this long after it:
  /// what was answered is durable, and something does not come back.
  /// It may be set after the first signal; the time counts from the signal.
  void end_within(std::chrono::milliseconds limit) noexcept;
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
  /// Waits for the next signal; ends the process at its deadline.
  [[nodiscard]] int next_signal() const;

  sigset_t watched_{};
  std::atomic<int> signal_{0};
  std::atomic<bool> graceful_{false};
  std::atomic<std::int64_t> limit_ms_{0};                  ///< 0: no limit
  std::chrono::steady_clock::time_point first_signal_at_;  ///< used by the signal thread only
  std::atomic<bool> ended_{false};
  std::mutex mutex_;
  std::function<void()> on_hang_up_;  ///< guarded by `mutex_`
  std::thread thread_;
};

}  // namespace pawl::cli
