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

/// Notes commands in a file: one JSON object per line, appended with one write, so that several
/// processes may share the file and no line is torn. What is written is with the operating system
/// when `record` returns; it is not synced. Where writing fails the server goes on: it is counted,
/// and logged when it begins and when it is over. Safe for concurrent use.
class file_audit final : public audit_log {
 public:
  /// Makes the file (mode 0600) where it is missing. `now`: the wall clock if empty. Errors, which
  /// name the file: `io_failed`, `not_found` (its folder), `storage_full`, `read_only`.
  [[nodiscard]] static result<std::unique_ptr<file_audit>> open(
      std::filesystem::path file, std::shared_ptr<spdlog::logger> log,
      std::function<time_point()> now = {});

  void record(const audit_entry& entry) override;

  /// Opens the file anew: after it was renamed, lines go into a new one. Error: as `open`; lines go
  /// on where they went.
  [[nodiscard]] result<void> reopen();
  /// Lines that could not be written, so far.
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
  bool torn_ = false;  ///< the last line has no end
  std::uint64_t lost_in_a_row_ = 0;
};

}  // namespace pawl::server
