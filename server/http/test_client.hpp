#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "functions/process/fd.hpp"
#include "server/http/address.hpp"
#include "server/http/ascii.hpp"

/// Test client: raw HTTP over a real socket.
namespace pawl::server::http::testing {

struct test_answer {
  unsigned status = 0;                         ///< 0: the connection ended before the answer
  std::map<std::string, std::string> headers;  ///< by lower-case name
  std::string body;
  std::string head;  ///< as received

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

/// A connection to a listener. An operation that takes longer than `timeout_s` counts as the end of
/// the connection.
class test_client {
 public:
  static constexpr time_t timeout_s = 20;

  /// `receive_buffer`: size of the socket's receive buffer; 0: the system's default.
  explicit test_client(const std::string& address_text, int receive_buffer = 0) {
    const address at = *parse_address(address_text);
    fd_ = functions::unique_fd{
        ::socket(at.is_unix() ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (receive_buffer != 0)
      ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const timeval timeout{.tv_sec = timeout_s, .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    sockaddr_storage where{};
    const socklen_t size = fill(at, where);
    is_connected_ = ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&where), size) == 0;
  }
  virtual ~test_client() = default;
  test_client(test_client&&) = default;

  [[nodiscard]] bool is_connected() const noexcept { return is_connected_; }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  /// Returns false if the server has closed the connection.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = put(bytes);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void end_sending() const { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }

  /// Sends a request without a body and returns its answer.
  test_answer get(const std::string& path, const std::string& fields = {}) {
    send("GET " + path + " HTTP/1.1\r\nHost: test\r\n" + fields + "\r\n");
    return read_answer();
  }
  test_answer post(const std::string& path, const std::string& body,
                   const std::string& fields = {}) {
    send("POST " + path + " HTTP/1.1\r\nHost: test\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + fields + "\r\n" + body);
    return read_answer();
  }

  /// Reads the next answer; pass false if the request was HEAD.
  test_answer read_answer(bool has_body = true) {
    test_answer answer = read_head();
    if (answer.status == 0 || !has_body || answer.status < 200 || answer.status == 204 ||
        answer.status == 304)
      return answer;
    if (answer.header("transfer-encoding") == "chunked") {
      for (std::string part = read_chunk(); !part.empty(); part = read_chunk()) answer.body += part;
    } else if (answer.headers.count("content-length") != 0) {
      answer.body = read_bytes(std::stoul(answer.header("content-length")));
    } else {
      answer.body = read_all();
    }
    return answer;
  }

  test_answer read_head() {
    test_answer answer;
    answer.head = read_until("\r\n\r\n");
    if (!answer.head.starts_with("HTTP/1.1 ")) return answer;
    answer.status = static_cast<unsigned>(std::stoul(answer.head.substr(9, 3)));
    std::string_view rest = answer.head;
    rest.remove_prefix(rest.find("\r\n") + 2);
    while (!rest.starts_with("\r\n")) {
      std::string_view line = rest.substr(0, rest.find("\r\n"));
      rest.remove_prefix(line.size() + 2);
      std::string name;
      for (const char c : cut_part(line, ':')) name += ascii_lower(c);
      std::string& value = answer.headers[name];
      value.append(value.empty() ? "" : ", ").append(trimmed(line));
    }
    return answer;
  }

  /// Reads the next chunk of a body; returns "" at its end.
  std::string read_chunk() {
    const std::string line = read_until("\r\n");
    if (line.empty()) return {};
    const std::size_t size = std::stoul(line, nullptr, 16);
    std::string part = read_bytes(size);
    is_whole_ = read_bytes(2) == "\r\n";
    return part;
  }
  /// Whether the last chunk was complete.
  [[nodiscard]] bool is_whole() const noexcept { return is_whole_; }

  /// Reads up to and including `end`, or up to the end of the connection.
  std::string read_until(std::string_view end) {
    std::size_t at = 0;
    while ((at = input_.find(end)) == input_.npos)
      if (!more()) return std::exchange(input_, {});
    return take(at + end.size());
  }
  std::string read_bytes(std::size_t size) {
    while (input_.size() < size)
      if (!more()) break;
    return take(std::min(size, input_.size()));
  }
  /// Reads up to the end of the connection.
  std::string read_all() {
    while (more()) {
    }
    return std::exchange(input_, {});
  }
  /// Whether the server closed the connection and everything is read.
  bool is_at_end() { return input_.empty() && !more(); }

 protected:
  virtual ssize_t put(std::string_view bytes) {
    return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  virtual ssize_t receive(char* to, std::size_t size) { return ::recv(fd_.get(), to, size, 0); }

 private:
  static socklen_t fill(const address& at, sockaddr_storage& where) {
    if (at.is_unix()) {
      auto* const local = reinterpret_cast<sockaddr_un*>(&where);
      local->sun_family = AF_UNIX;
      std::memcpy(local->sun_path, at.path.data(), at.path.size());
      return sizeof *local;
    }
    auto* const v4 = reinterpret_cast<sockaddr_in*>(&where);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(at.port);
    ::inet_pton(AF_INET, at.host.c_str(), &v4->sin_addr);
    return sizeof *v4;
  }

  bool more() {
    char part[16 * 1024];
    const auto got = receive(part, sizeof part);
    if (got <= 0) return false;
    input_.append(part, static_cast<std::size_t>(got));
    return true;
  }
  std::string take(std::size_t size) {
    std::string taken = input_.substr(0, size);
    input_.erase(0, size);
    return taken;
  }

  functions::unique_fd fd_;
  std::string input_;
  bool is_connected_ = false;
  bool is_whole_ = true;
};

}  // namespace pawl::server::http::testing
