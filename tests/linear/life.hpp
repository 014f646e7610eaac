#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace pawl::linear {

/// What is done to the process when it has made so many calls, `delay` after the record came.
struct blow {
  enum class kind { pause, kill, stop };
  kind what = kind::kill;
  std::size_t calls = 0;
  std::chrono::microseconds delay{0};
  std::chrono::microseconds pause{0};  ///< of kind `pause`: from SIGSTOP to SIGCONT
};

/// How a life of the process has ended.
struct death {
  int status = 0;     ///< as waitpid gives it
  bool hung = false;  ///< nothing came from it for the watchdog's time, so it was killed
};

/// Runs a program until it ends, deals it the blows in their order, and gives every line that it
/// writes to `line`. Everything happens on this thread and none of it waits for the process: it
/// may be stopped, hang or die at any moment. A `stop` closes the process's input. The process
/// dies with this one.
[[nodiscard]] death live(const std::vector<std::string>& program, const std::vector<blow>& blows,
                         std::chrono::milliseconds watchdog,
                         const std::function<void(const std::string&)>& line);

}  // namespace pawl::linear
