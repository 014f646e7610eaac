#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pawl::benchmark {

/// `pawl serve` in a separate process, on a free port.
class served_process {
 public:
  /// Returns when the server is ready. Throws `std::runtime_error` with its output if it does not
  /// start.
  served_process(const std::filesystem::path& program, const std::filesystem::path& data_dir,
                 const std::vector<std::string>& arguments);
  ~served_process();
  served_process(const served_process&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] double resident_mib() const;
  /// User and system time of the process so far.
  [[nodiscard]] double cpu_seconds() const;
  /// Stops the process with SIGTERM. Returns its exit code.
  int stop();

 private:
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

/// User and system time of this process so far.
[[nodiscard]] double own_cpu_seconds();

/// Raises the limit of open files of this process and its children. Returns false if the system
/// does not allow that many.
[[nodiscard]] bool allow_open_files(std::uint64_t files);

}  // namespace pawl::benchmark
