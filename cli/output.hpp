#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <pawl/error.hpp>

namespace pawl::cli {

/// Standard output, written in whole pieces. When its reader has gone away, or the disk behind it
/// is full, everything further is dropped and the cause kept: whoever writes on and on asks
/// `closed`. One thread at a time.
class output {
 public:
  explicit output(int fd) : fd_(fd) {}
  ~output() { flush(); }
  output(const output&) = delete;
  output& operator=(const output&) = delete;

  /// Adds text; it goes out with the next `flush`, or before if there is much of it.
  void write(std::string_view text);
  /// `text` and a line break.
  void line(std::string_view text);
  /// Hands everything over to the system.
  void flush();

  /// True if nothing that is written arrives any more.
  [[nodiscard]] bool closed() const noexcept { return closed_; }
  /// Why not; nothing if the reader has gone away, which is its right.
  [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }

 private:
  int fd_;
  bool closed_ = false;
  std::optional<error> failure_;
  std::string pending_;
};

/// Writes a line to standard error at once; what cannot be written there is lost.
void write_error(std::string_view text) noexcept;

}  // namespace pawl::cli
