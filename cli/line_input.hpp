#pragma once

#include <functional>
#include <string>
#include <variant>

namespace pawl::cli {

/// Why no line was read.
enum class no_line {
  ended,    ///< the input has ended (Ctrl-D)
  stopped,  ///< `is_stopped` returned true
};

/// Reads lines of a descriptor, such as a terminal. Not thread-safe.
class line_input {
 public:
  /// `is_stopped` is polled while no line arrives.
  line_input(int fd, std::function<bool()> is_stopped)
      : fd_(fd), is_stopped_(std::move(is_stopped)) {}

  /// Waits for the next line and returns it without its line break.
  [[nodiscard]] std::variant<std::string, no_line> next();

 private:
  int fd_;
  std::function<bool()> is_stopped_;
  std::string read_;  ///< and not returned yet
};

}  // namespace pawl::cli
