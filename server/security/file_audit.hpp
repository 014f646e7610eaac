#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>

#include <pawl/result.hpp>
#include <pawl/time.hpp>

#include "functions/process/fd.hpp"
#include "server/security/audit.hpp"

namespace pawl::server {

/// Records commands in a file, one JSON object per line. Each line is appended with one write, so
/// that several processes can share the file. Lines are written to the operating system, not
/// synced. A failed write does not fail the command: it is counted, and logged when failures begin
/// and end. Safe for concurrent use.
class file_audit final : public audit_log {
 public:
  /// Opens the file, and creates it with mode 0600 if it is missing. `now`: the wall clock if
  /// empty. Errors, which name the file: `io_failed`, `not_found` (its folder), `storage_full`,
  /// `read_only`.
  [[nodiscard]] static result<std::unique_ptr<file_audit>> open(
      std::filesystem::path file, std::shared_ptr<spdlog::logger> log,
      std::function<time_point()> now = {});

  void record(const audit_entry& entry) override;

  /// Reopens the file after log rotation. Errors: as `open`; the old file stays in use.
  [[nodiscard]] result<void> reopen();
  /// Number of lines that could not be written.
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

 private:
  file_audit(std::filesystem::path file, std::shared_ptr<spdlog::logger> log,
             std::function<time_point()> now);

  void write_line(const std::string& line);

  const std::filesystem::path file_;
  const std::shared_ptr<spdlog::logger> log_;
  const std::function<time_point()> now_;
  std::atomic<std::uint64_t> lost_ = 0;
  std::mutex mutex_;
  functions::unique_fd out_;
  bool torn_ = false;  ///< the last line is incomplete
  std::uint64_t lost_in_a_row_ = 0;
};

}  // namespace pawl::server
