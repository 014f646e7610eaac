#include "cli/output.hpp"

#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace pawl::cli {
namespace {

constexpr std::size_t flush_at_bytes = 64 * 1024;

/// Writes all of `text`, also to a non-blocking descriptor. Returns 0 or errno.
int write_all(int fd, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd until_ready{fd, POLLOUT, 0};
      if (::poll(&until_ready, 1, -1) < 0 && errno != EINTR) return errno;
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace

void output::write(std::string_view text) {
  if (closed_) return;
  pending_ += text;
  if (pending_.size() >= flush_at_bytes) flush();
}

void output::line(std::string_view text) {
  write(text);
  write("\n");
}

void output::flush() {
  if (closed_ || pending_.empty()) return;
  const int code = write_all(fd_, pending_);
  pending_.clear();
  if (code == 0) return;
  closed_ = true;
  if (code == EPIPE) return;
  failure_ = error{code == ENOSPC ? errc::storage_full : errc::io_failed,
                   "cannot write to standard output: " + std::generic_category().message(code)};
}

void write_error(std::string_view text) noexcept {
  // In one call, because other threads and processes may write lines between two.
  std::string_view end = "\n";
  const iovec line[] = {{const_cast<char*>(text.data()), text.size()},
                        {const_cast<char*>(end.data()), end.size()}};
  const ssize_t written = ::writev(STDERR_FILENO, line, 2);
  const std::size_t done = written < 0 ? 0 : static_cast<std::size_t>(written);
  const std::size_t of_text = std::min(done, text.size());
  static_cast<void>(write_all(STDERR_FILENO, text.substr(of_text)));
  static_cast<void>(write_all(STDERR_FILENO, end.substr(done - of_text)));
}

}  // namespace pawl::cli
