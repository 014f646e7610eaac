#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace pawl::actors {

/// Limits the lines about failed runs: many runs that fail at once must not fill the log. Safe for
/// concurrent use.
class failure_log_limiter {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr std::uint32_t most_per_second = 10;

  /// Counts one failure. Returns nothing if it must not be logged, else the number of failures that
  /// were not logged since the last one that was.
  [[nodiscard]] std::optional<std::uint64_t> count(time_point now) {
    const std::lock_guard lock{mutex_};
    if (now - second_ >= std::chrono::seconds{1}) {
      second_ = now;
      logged_ = 0;
    }
    if (logged_ == most_per_second) {
      ++skipped_;
      return std::nullopt;
    }
    ++logged_;
    const auto skipped = skipped_;
    skipped_ = 0;
    return skipped;
  }

 private:
  std::mutex mutex_;
  time_point second_{};  ///< the begin of the current second
  std::uint32_t logged_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace pawl::actors
