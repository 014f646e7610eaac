#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include <pawl/engine.hpp>
#include <pawl/metrics.hpp>

#include "server/http/listener.hpp"

namespace pawl::server {

/// Values of the server's components at the time of a scrape.
struct readings {
  bool ready = false;
  std::vector<run_count> runs;  ///< of all scopes
  std::uint64_t active_runs = 0;
  std::uint64_t commands_in_flight = 0;
  std::uint64_t waits = 0;
  std::uint64_t polls = 0;
  std::uint64_t queries_in_flight = 0;
  std::uint64_t bytes_in_flight = 0;
  std::uint64_t calls_queued = 0;
  std::uint64_t calls_running = 0;
  std::uint64_t calls_stuck = 0;
  std::uint64_t tasks_queued = 0;
  std::uint64_t tasks_leased = 0;
  std::uint64_t store_bytes = 0;  ///< size of the files in the data folder
  store_gauges store;
  cluster_info cluster;
  engine_metrics engine;
  http::listener_stats transport;
  std::uint64_t logins_refused = 0;     ///< `key_authenticator::refused`
  std::uint64_t audit_lines_lost = 0;   ///< `file_audit::lost`
  std::uint64_t forwards_answered = 0;  ///< see `forwarder::counts`
  std::uint64_t forwards_failed = 0;
  std::uint64_t log_lines_lost = 0;  ///< `log_lines_lost`
};

/// Size of the files in a folder, without subfolders; 0 if there is no folder. One system call per
/// file: not for threads that must not block for long.
[[nodiscard]] std::uint64_t bytes_in_folder(const std::filesystem::path& folder);

/// Cached size of the files in a folder, refreshed after `max_age`. Safe for concurrent use;
/// callers wait while one of them refreshes it.
class folder_size {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds max_age{5};

  explicit folder_size(std::filesystem::path folder,
                       std::function<clock::time_point()> now = clock::now)
      : folder_(std::move(folder)), now_(std::move(now)) {}

  [[nodiscard]] std::uint64_t bytes() {
    const std::lock_guard lock{mutex_};
    const auto now = now_();
    if (!checked_at_ || now - *checked_at_ >= max_age) {
      bytes_ = bytes_in_folder(folder_);
      checked_at_ = now;
    }
    return bytes_;
  }

 private:
  const std::filesystem::path folder_;
  const std::function<clock::time_point()> now_;
  std::mutex mutex_;
  std::optional<clock::time_point> checked_at_;
  std::uint64_t bytes_ = 0;
};

}  // namespace pawl::server
