#include "server/http/listening_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <pawl/code_ref.hpp>

namespace pawl::server::http {
namespace {

using functions::unique_fd;

constexpr int backlog = 4096;  // limited by net.core.somaxconn
constexpr mode_t owner_only = 0600;

/// A socket address of any family.
struct any_sockaddr {
  sockaddr_storage bytes{};
  socklen_t size = sizeof bytes;

  [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&bytes); }
};

error refused(const address& at, errc code, const std::string& why) {
  return {.code = code, .message = "cannot listen on " + pawl::quoted(to_string(at)) + ": " + why};
}

error refused_by_system(const address& at, int number) {
  if (number == EADDRINUSE)
    return refused(at, errc::locked,
                   "the address is in use; stop the other program or change server.listen");
  return refused(at, errc::io_failed, std::generic_category().message(number));
}

any_sockaddr to_sockaddr(const address& at) {
  any_sockaddr made;
  if (at.is_unix()) {
    auto* const local = reinterpret_cast<sockaddr_un*>(&made.bytes);
    local->sun_family = AF_UNIX;
    std::memcpy(local->sun_path, at.path.data(), at.path.size());
    made.size = sizeof *local;
  } else if (at.host.find(':') != at.host.npos) {
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(&made.bytes);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(at.port);
    ::inet_pton(AF_INET6, at.host.c_str(), &v6->sin6_addr);
    made.size = sizeof *v6;
  } else {
    auto* const v4 = reinterpret_cast<sockaddr_in*>(&made.bytes);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(at.port);
    ::inet_pton(AF_INET, at.host.c_str(), &v4->sin_addr);
    made.size = sizeof *v4;
  }
  return made;
}

std::uint16_t port_of(const unique_fd& fd) {
  any_sockaddr given;
  if (::getsockname(fd.get(), given.get(), &given.size) != 0) return 0;
  if (given.bytes.ss_family == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in*>(&given.bytes)->sin_port);
  return ntohs(reinterpret_cast<const sockaddr_in6*>(&given.bytes)->sin6_port);
}

/// Removes a socket file that no server listens on.
result<void> clear_path(const address& at) {
  struct stat found {};
  if (::lstat(at.path.c_str(), &found) != 0) {
    if (errno == ENOENT) return {};
    return refused_by_system(at, errno);
  }
  if (!S_ISSOCK(found.st_mode))
    return refused(at, errc::invalid_argument, "the file exists and is not a socket");
  const unique_fd asking{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  any_sockaddr there = to_sockaddr(at);
  if (asking && ::connect(asking.get(), there.get(), there.size) != 0 && errno == ECONNREFUSED) {
    if (::unlink(at.path.c_str()) == 0 || errno == ENOENT) return {};
    return refused_by_system(at, errno);
  }
  return refused_by_system(at, EADDRINUSE);
}

void set_option(const unique_fd& fd, int level, int option) {
  const int on = 1;
  // A failure costs speed, not correctness.
  (void)::setsockopt(fd.get(), level, option, &on, sizeof on);
}

std::string text_of_host(const any_sockaddr& from, bool& loopback) {
  char text[INET6_ADDRSTRLEN] = {};
  in_addr v4{};
  if (from.bytes.ss_family == AF_INET) {
    v4 = reinterpret_cast<const sockaddr_in*>(&from.bytes)->sin_addr;
  } else {
    const auto& v6 = reinterpret_cast<const sockaddr_in6*>(&from.bytes)->sin6_addr;
    if (!IN6_IS_ADDR_V4MAPPED(&v6)) {
      loopback = IN6_IS_ADDR_LOOPBACK(&v6);
      ::inet_ntop(AF_INET6, &v6, text, sizeof text);
      return text;
    }
    std::memcpy(&v4, v6.s6_addr + 12, sizeof v4);
  }
  loopback = (ntohl(v4.s_addr) >> 24) == 127;
  ::inet_ntop(AF_INET, &v4, text, sizeof text);
  return text;
}

}  // namespace

result<listening_socket> listening_socket::open(const address& at) {
  if (at.is_unix())
    if (auto clear = clear_path(at); !clear) return std::move(clear).error();
  any_sockaddr where = to_sockaddr(at);
  unique_fd fd{::socket(where.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd) return refused_by_system(at, errno);
  if (at.is_unix()) {
    // Before bind, so that other users can never connect.
    if (::fchmod(fd.get(), owner_only) != 0) return refused_by_system(at, errno);
  } else {
    set_option(fd, SOL_SOCKET, SO_REUSEADDR);
    if (where.bytes.ss_family == AF_INET6) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY);
  }
  if (::bind(fd.get(), where.get(), where.size) != 0) return refused_by_system(at, errno);
  listening_socket made{std::move(fd), at};
  if (at.is_unix()) {
    struct stat found {};
    if (::chmod(at.path.c_str(), owner_only) != 0 || ::lstat(at.path.c_str(), &found) != 0)
      return refused_by_system(at, errno);
    made.device_ = found.st_dev;
    made.inode_ = found.st_ino;
  }
  if (::listen(made.fd(), backlog) != 0) return refused_by_system(at, errno);
  if (!at.is_unix()) made.at_.port = port_of(made.fd_);
  return made;
}

listening_socket::~listening_socket() {
  if (!fd_ || inode_ == 0) return;
  struct stat found {};
  const bool ours =
      ::lstat(at_.path.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_;
  if (ours) ::unlink(at_.path.c_str());
}

unique_fd accept_one(const listening_socket& from, peer& who) {
  any_sockaddr address;
  unique_fd taken{::accept4(from.fd(), address.get(), &address.size, SOCK_CLOEXEC | SOCK_NONBLOCK)};
  if (!taken) return taken;
  if (from.at().is_unix()) {
    who = {.name = "unix", .loopback = true};
    return taken;
  }
  who.name = text_of_host(address, who.loopback);
  set_option(taken, IPPROTO_TCP, TCP_NODELAY);
  set_option(taken, SOL_SOCKET, SO_KEEPALIVE);
  return taken;
}

}  // namespace pawl::server::http
