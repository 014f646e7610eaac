#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "functions/process/fd.hpp"

namespace pawl::functions::http {

/// A request to a `test_server`.
struct test_request {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  std::string head;  ///< everything before the body, unparsed
};

/// The server's side of a connection.
class test_connection {
 public:
  explicit test_connection(int fd) : fd_(fd) {}

  /// Sends all bytes. Returns false if the peer has closed the connection.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Waits until the peer or the server closes the connection.
  void wait_for_end() const {
    char byte = 0;
    while (::recv(fd_.get(), &byte, 1, 0) > 0) {
    }
  }

  void shut_down() const { ::shutdown(fd_.get(), SHUT_RDWR); }

  /// Reads a request. Returns false if the connection ended before it was complete.
  bool read(test_request& to) const {
    std::string bytes;
    while (bytes.find("\r\n\r\n") == bytes.npos)
      if (!more(bytes) || bytes.front() == tls_handshake) return false;
    const auto end = bytes.find("\r\n\r\n") + 4;
    to.head = bytes.substr(0, end);
    to.body = bytes.substr(end);
    parse_head(to);
    const auto length = to.headers.find("content-length");
    const auto size = length == to.headers.end() ? 0 : std::stoul(length->second);
    while (to.body.size() < size)
      if (!more(to.body)) return false;
    return true;
  }

 private:
  static constexpr char tls_handshake = 0x16;

  bool more(std::string& bytes) const {
    char part[4096];
    const auto got = ::recv(fd_.get(), part, sizeof part, 0);
    if (got <= 0) return false;
    bytes.append(part, static_cast<std::size_t>(got));
    return true;
  }

  static void parse_head(test_request& to) {
    const auto first_end = to.head.find("\r\n");
    const auto first = to.head.substr(0, first_end);
    to.method = first.substr(0, first.find(' '));
    to.target = first.substr(to.method.size() + 1, first.rfind(' ') - to.method.size() - 1);
    for (auto at = first_end + 2; to.head.compare(at, 2, "\r\n") != 0;) {
      const auto end = to.head.find("\r\n", at);
      const auto line = to.head.substr(at, end - at);
      const auto colon = line.find(':');
      auto name = line.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      const auto value = line.find_first_not_of(' ', colon + 1);
      to.headers[name] = value == line.npos ? "" : line.substr(value);
      at = end + 2;
    }
  }

  unique_fd fd_;
};

/// An HTTP server on a free port of 127.0.0.1. Each connection has a thread and serves one request.
/// The destructor ends all connections.
class test_server {
 public:
  /// Returns the raw response to a request; or sends bytes itself and returns "".
  using handler = std::function<std::string(const test_request&, const test_connection&)>;

  explicit test_server(handler answer) : answer_(std::move(answer)) {
    listening_ = unique_fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    ready_ = ::bind(listening_.get(), generic, size) == 0 && ::listen(listening_.get(), 64) == 0 &&
             ::getsockname(listening_.get(), generic, &size) == 0;
    port_ = ntohs(address.sin_port);
    accepting_ = std::jthread{[this] { accept_all(); }};
  }
  test_server(const test_server&) = delete;
  test_server& operator=(const test_server&) = delete;
  ~test_server() {
    ::shutdown(listening_.get(), SHUT_RDWR);
    accepting_.join();
    const std::lock_guard lock{mutex_};
    for (const auto& c : connections_) c->shut_down();
    // The destructors join the threads of the connections, which need no lock to end.
  }

  [[nodiscard]] bool ready() const noexcept { return ready_; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// "127.0.0.1:4711"
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::string url(const std::string& path = "/") const {
    return "http://" + address() + path;
  }
  /// Returns the requests so far.
  [[nodiscard]] std::vector<test_request> requests() const {
    const std::lock_guard lock{requests_mutex_};
    return requests_;
  }

 private:
  void accept_all() {
    while (true) {
      const int fd = ::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const std::lock_guard lock{mutex_};
      auto& made = connections_.emplace_back(std::make_unique<test_connection>(fd));
      threads_.emplace_back([this, c = made.get()] { serve(*c); });
    }
  }

  void serve(const test_connection& c) {
    test_request got;
    if (c.read(got)) {
      {
        const std::lock_guard lock{requests_mutex_};
        requests_.push_back(got);
      }
      c.send(answer_(got, c));
    }
    c.shut_down();
  }

  handler answer_;
  unique_fd listening_;
  std::uint16_t port_ = 0;
  bool ready_ = false;
  mutable std::mutex requests_mutex_;
  std::vector<test_request> requests_;
  std::mutex mutex_;  ///< guards the members below until the accepting thread has ended
  std::vector<std::unique_ptr<test_connection>> connections_;
  std::vector<std::jthread> threads_;
  std::jthread accepting_;
};

/// Returns a complete response with a length and a body.
inline std::string answer_with(int status, const std::string& body,
                               const std::string& headers = {}) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Some Text\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
         "\r\n" + body;
}

/// Returns a handler that answers every request with the same bytes.
inline test_server::handler always(std::string response) {
  return [response = std::move(response)](const test_request&, const test_connection&) {
    return response;
  };
}

inline std::string redirect_to(const std::string& location, int status = 302) {
  return answer_with(status, "gone", "Location: " + location + "\r\n");
}

}  // namespace pawl::functions::http
