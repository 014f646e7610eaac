#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace pawl::functions {

/// Owns a file descriptor.
class unique_fd {
 public:
  unique_fd() = default;
  explicit unique_fd(int fd) noexcept : fd_(fd) {}
  unique_fd(unique_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~unique_fd() { reset(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  /// Returns the descriptor; the caller must close it.
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  void reset() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

/// Moves `fd` to a number above the three standard streams, closed on exec. In a process whose
/// standard input is closed a new descriptor may have a number from 0 to 2, which setting up the
/// streams of a child would overwrite.
[[nodiscard]] inline unique_fd above_streams(unique_fd fd) noexcept {
  if (fd.get() > 2 || !fd) return fd;
  return unique_fd{::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3)};
}

}  // namespace pawl::functions
