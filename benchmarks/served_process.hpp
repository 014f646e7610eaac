#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pawl::benchmark {

/// The program `pawl serve` in a process of its own, at a free port of this machine.
class served_process {
 public:
  /// Returns when it is ready. Throws `std::runtime_error` with what it said if it does not start.
  served_process(const std::filesystem::path& program, const std::filesystem::path& data_dir,
                 const std::vector<std::string>& arguments);
  ~served_process();
  served_process(const served_process&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] double resident_mib() const;
  /// User and system time that it has used so far.
  [[nodiscard]] double cpu_seconds() const;
  /// Ends it in order; its exit code.
  int stop();

 private:
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

/// User and system time that this process has used so far.
[[nodiscard]] double own_cpu_seconds();

/// Lets this process and those that it starts have `files` open. False: the system allows fewer.
[[nodiscard]] bool allow_open_files(std::uint64_t files);

}  // namespace pawl::benchmark
