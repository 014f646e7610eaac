#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/http_peer.hpp"

namespace pawl::bench {

/// `pawl serve` in a separate process, on a free port of the loopback interface. Killed with its
/// object.
class served_process {
 public:
  /// `program` is `pawl`. Returns when the server is ready. Throws `failure` with its output if it
  /// does not start.
  served_process(const std::filesystem::path& program, const std::filesystem::path& data_dir,
                 const std::vector<std::string>& arguments);
  ~served_process();
  served_process(const served_process&) = delete;
  served_process& operator=(const served_process&) = delete;

  [[nodiscard]] const http_address& address() const noexcept { return address_; }
  [[nodiscard]] int process() const noexcept { return pid_; }
  /// Ends the process with SIGKILL.
  void kill();

 private:
  pid_t pid_ = -1;
  http_address address_;
};

}  // namespace pawl::bench
