#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <pawl/settings.hpp>

#include "bench/http_peer.hpp"

namespace pawl::bench {

/// `pawl serve` in a separate process, on a free port of the loopback interface. Killed with its
/// object.
class served_process {
 public:
  /// `program` is `pawl`. The server has the settings `s`, besides those of the log, the address,
  /// and `further` as "key=value"; its configuration file is next to its data folder. Returns when
  /// it is ready. Throws `failure` with its output if it does not start.
  served_process(const std::filesystem::path& program, const settings& s,
                 const std::vector<std::string>& further = {});
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
