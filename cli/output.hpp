#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <pawl/error.hpp>

namespace pawl::cli {

/// Buffered standard output. After a write error, such as a closed pipe or a full disk, further
/// text is discarded and the error is kept; long-running commands check `closed`. Not thread-safe.
class output {
 public:
  explicit output(int fd) : fd_(fd) {}
  ~output() { flush(); }
  output(const output&) = delete;
  output& operator=(const output&) = delete;

  /// Appends text to the buffer, and flushes a large buffer.
  void write(std::string_view text);
  /// Writes `text` and a line break.
  void line(std::string_view text);
  /// Writes the buffer to the descriptor.
  void flush();

  /// True after a write error.
  [[nodiscard]] bool closed() const noexcept { return closed_; }
  /// The write error. Empty for a closed pipe, which is not an error of this program.
  [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }

 private:
  int fd_;
  bool closed_ = false;
  std::optional<error> failure_;
  std::string pending_;
};

/// Writes a line to standard error, unbuffered, and to a pipe in one piece if it is not longer than
/// PIPE_BUF. Ignores errors.
void write_error(std::string_view text) noexcept;

}  // namespace pawl::cli
