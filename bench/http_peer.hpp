#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

namespace pawl::bench {

/// Where a server listens, without TLS.
struct http_address {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string prefix = {};  ///< of all paths: "" or "/pawl"
  std::string token = {};   ///< API key; may be empty
};

/// Parses "http://HOST[:PORT][/PREFIX]". Error: `invalid_argument`, `not_supported` (https, unix).
[[nodiscard]] result<http_address> parse_http_address(std::string_view url);

/// A persistent HTTP client connection. It does as little work as possible, because client and
/// server share the processors. Only the thread that runs the context may use it. Must live until
/// the context has finished.
class http_peer {
 public:
  /// `body` is valid during the call. Status 0: the connection failed, and `body` is the reason.
  using answer_handler = std::function<void(unsigned status, std::string_view body)>;

  /// Connects. Throws `boost::system::system_error`.
  http_peer(boost::asio::io_context& on, const http_address& to);
  http_peer(const http_peer&) = delete;

  /// Sends a request. Answers arrive in the order of the requests.
  void send(std::string_view request, answer_handler answered);
  /// Sends a request with a streamed answer and passes each received piece to `came`.
  void watch(std::string_view request, std::function<void(std::string_view)> came);
  void close();

 private:
  void write();
  void read();
  /// Processes one complete answer. Returns false if none is complete.
  bool take_answer();
  void fail(const std::string& why);

  boost::asio::ip::tcp::socket socket_;
  std::deque<answer_handler> waiting_;
  std::function<void(std::string_view)> came_;
  std::string next_;  ///< written after `writing_`
  std::string writing_;
  std::string read_;
  std::size_t begin_ = 0;  ///< of the unprocessed part of `read_`
  std::array<char, 16 * 1024> input_;
  bool is_reading_ = false;
};

[[nodiscard]] std::string get_request(const http_address& to, std::string_view target);
[[nodiscard]] std::string post_request(const http_address& to, std::string_view target,
                                       std::string_view body);

}  // namespace pawl::bench
