#include "cli/line_input.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace pawl::cli {
namespace {

constexpr int stop_poll_ms = 100;

}  // namespace

std::variant<std::string, no_line> line_input::next() {
  while (true) {
    if (const auto end = read_.find('\n'); end != read_.npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    if (is_stopped_()) return no_line::stopped;
    pollfd input{fd_, POLLIN, 0};
    if (::poll(&input, 1, stop_poll_ms) <= 0) continue;  // a signal or no input yet
    std::array<char, 4096> piece;
    const ssize_t got = ::read(fd_, piece.data(), piece.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) return no_line::ended;
    read_.append(piece.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace pawl::cli
