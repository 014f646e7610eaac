#include "tests/postgres/proxy.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace pawl::tests {
namespace {

sockaddr_un address_in(const std::filesystem::path& folder) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  const std::string path = (folder / ".s.PGSQL.5432").string();
  path.copy(at.sun_path, sizeof at.sun_path - 1);
  return at;
}

bool send_all(int to, const char* from, std::size_t bytes) {
  while (bytes > 0) {
    const auto sent = ::send(to, from, bytes, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    from += sent;
    bytes -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

proxy::proxy(const std::filesystem::path& folder, const std::filesystem::path& to) : to_(to) {
  const sockaddr_un at = address_in(folder);
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // NOLINTNEXTLINE: the interface of sockets
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
      ::listen(listener_, 16) != 0)
    throw std::runtime_error{"cannot listen for the proxy"};
  thread_ = std::thread{[this] { work(); }};
}

proxy::~proxy() {
  ended_ = true;
  thread_.join();
  for (const auto& each : pairs_) {
    ::close(each.client);
    ::close(each.server);
  }
  ::close(listener_);
}

void proxy::work() {
  while (!ended_) {
    std::vector<pollfd> watched{{listener_, POLLIN, 0}};
    for (const auto& each : pairs_) {
      watched.push_back({each.client, POLLIN, 0});
      watched.push_back({each.server, POLLIN, 0});
    }
    ::poll(watched.data(), watched.size(), 50);
    std::vector<pair> left;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      pair each = pairs_[i];
      const bool is_open = (watched[2 * i + 1].revents == 0 || pass_on(each, true)) &&
                           (watched[2 * i + 2].revents == 0 || pass_on(each, false));
      if (is_open) {
        left.push_back(each);
      } else {
        ::close(each.client);
        ::close(each.server);
      }
    }
    pairs_ = std::move(left);
    if (watched.front().revents != 0) accept_client();
  }
}

void proxy::accept_client() {
  const int client = ::accept(listener_, nullptr, nullptr);
  const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un at = address_in(to_);
  // NOLINTNEXTLINE: the interface of sockets
  if (::connect(server, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
    ::close(client);
    ::close(server);
    return;
  }
  pairs_.push_back({client, server});
}

bool proxy::pass_on(pair& each, bool from_client) {
  std::array<char, 65536> bytes{};
  const int from = from_client ? each.client : each.server;
  const auto got = ::recv(from, bytes.data(), bytes.size(), 0);
  if (got <= 0) return false;
  if (from_client && losing_.exchange(false)) each.is_losing = true;
  if (!from_client && each.is_losing) {
    lost_ = true;
    return false;
  }
  if (!from_client && pooling_) {
    // The message BackendKeyData: its type, its length and the process id.
    constexpr std::string_view head{"K\0\0\0\x0c", 5};
    const auto at = std::string_view{bytes.data(), static_cast<std::size_t>(got)}.find(head);
    if (at != std::string_view::npos) bytes[at + head.size() + 3] ^= 1;
  }
  return send_all(from_client ? each.server : each.client, bytes.data(),
                  static_cast<std::size_t>(got));
}

}  // namespace pawl::tests
