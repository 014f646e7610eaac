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

/// What the parts of a server tell of themselves at one moment. The server fills it in for each
/// scrape.
struct readings {
  bool ready = false;
  std::vector<run_count> runs;  ///< of all scopes
  std::uint64_t active_runs = 0;
  std::uint64_t commands_in_flight = 0;
  std::uint64_t calls_queued = 0;
  std::uint64_t calls_running = 0;
  std::uint64_t calls_stuck = 0;
  std::uint64_t tasks_queued = 0;
  std::uint64_t tasks_leased = 0;
  std::uint64_t store_bytes = 0;  ///< `bytes_in_folder` of the data folder
  engine_metrics engine;
  http::listener_numbers transport;
  std::uint64_t logins_refused = 0;    ///< `key_authenticator::refused`
  std::uint64_t audit_lines_lost = 0;  ///< `file_audit::lost`
};

/// What the files in a folder take, without those in folders inside it; 0 where there is none.
/// Asks the system for each file, so it is no call for a thread that must not block for long.
[[nodiscard]] std::uint64_t bytes_in_folder(const std::filesystem::path& folder);

/// The bytes in a folder, looked up anew only after some seconds: those who ask often, or all at
/// once, are told the same. Safe for concurrent use; one asks the system, others wait for it.
class folder_size {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds keeps{5};

  explicit folder_size(std::filesystem::path folder,
                       std::function<clock::time_point()> now = clock::now)
      : folder_(std::move(folder)), now_(std::move(now)) {}

  [[nodiscard]] std::uint64_t bytes() {
    const std::lock_guard lock{mutex_};
    const auto now = now_();
    if (!looked_at_ || now - *looked_at_ >= keeps) {
      bytes_ = bytes_in_folder(folder_);
      looked_at_ = now;
    }
    return bytes_;
  }

 private:
  const std::filesystem::path folder_;
  const std::function<clock::time_point()> now_;
  std::mutex mutex_;
  std::optional<clock::time_point> looked_at_;
  std::uint64_t bytes_ = 0;
};

}  // namespace pawl::server
