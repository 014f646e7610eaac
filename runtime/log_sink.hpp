#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include <spdlog/sinks/sink.h>
#include <pawl/result.hpp>

namespace pawl {

/// Writes log lines to standard error or a file on a thread of its own. A thread that logs never
/// waits for whoever reads standard error: lines wait in a bounded queue, and lines that do not fit
/// are counted; a line with their number is written when there is room again. `flush` writes the
/// queued lines to a regular file before it returns, so that they survive the death of the process;
/// for anything else it does nothing. Safe for concurrent use.
class log_sink final : public spdlog::sinks::sink {
 public:
  /// The queue's bounds. A single line of any size fits into an empty queue.
  struct limits {
    std::size_t lines = 10'000;
    std::size_t bytes = std::size_t{8} << 20;
  };

  /// `file`: standard error if empty. A new file has mode 0640. Errors: `io_failed` with the name
  /// of the file.
  [[nodiscard]] static result<std::shared_ptr<log_sink>> open(std::filesystem::path file);
  /// For a descriptor that stays open until the sink ends.
  [[nodiscard]] static std::shared_ptr<log_sink> over(int descriptor, limits allowed);
  /// Gives the queued lines a moment to be written. What a reader does not take by then is lost.
  ~log_sink() override;

  void log(const spdlog::details::log_msg& message) override;
  void flush() override;
  void set_pattern(const std::string& pattern) override;
  /// The formatter is called on several threads at once; those of Pawl have no state.
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override;

  /// Opens the file again, after log rotation. Does nothing for standard error. Error: `io_failed`;
  /// the old file stays in use.
  [[nodiscard]] result<void> reopen();
  /// Number of lines that were not written.
  [[nodiscard]] std::uint64_t lost() const noexcept;

 private:
  class writer;

  log_sink(std::filesystem::path file, std::shared_ptr<writer> to);

  const std::filesystem::path file_;
  const std::shared_ptr<writer> writer_;
  std::thread thread_;
};

}  // namespace pawl
