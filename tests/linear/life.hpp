#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace pawl::linear {

/// A fault injected `delay` after the process has made `calls` calls.
struct injection {
  enum class kind { pause, kill, stop };
  kind what = kind::kill;
  std::size_t calls = 0;
  std::chrono::microseconds delay{0};
  std::chrono::microseconds pause{0};  ///< `pause` only: time from SIGSTOP to SIGCONT
};

/// How a life of the process ended.
struct exit_result {
  int status = 0;     ///< of waitpid
  bool hung = false;  ///< killed by the watchdog because it wrote nothing
};

/// Runs a program until it ends, injects the faults in order, and passes every line of its output
/// to `line`. Works on this thread only and never blocks on the process, which may be stopped, hang
/// or die at any time. `stop` closes the input of the process. The process dies with this one.
[[nodiscard]] exit_result run_process(const std::vector<std::string>& program,
                                      const std::vector<injection>& injections,
                                      std::chrono::milliseconds watchdog,
                                      const std::function<void(const std::string&)>& line);

}  // namespace pawl::linear
