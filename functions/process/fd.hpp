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
  /// Leaves the descriptor to the caller.
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  void reset() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

/// `fd` as a number above the three standard streams, closed on exec. A program whose own standard
/// input is closed gets the numbers 0 to 2 for new descriptors; they would be overwritten when a
/// child's streams are put there.
[[nodiscard]] inline unique_fd above_streams(unique_fd fd) noexcept {
  if (fd.get() > 2 || !fd) return fd;
  return unique_fd{::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3)};
}

}  // namespace pawl::functions
