#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

namespace pawl::benchmark {

/// A client's connection that stays open. It does as little as it can: what a benchmark spends on
/// its own side is taken from the server. Used by one thread, the one that runs the context. Must
/// live until the context has run to its end.
class http_peer {
 public:
  /// The body is there during the call only. Status 0: the connection broke, and the body says how.
  using answer_handler = std::function<void(unsigned status, std::string_view body)>;

  /// Connects at once; throws `boost::system::system_error` if that fails.
  http_peer(boost::asio::io_context& on, std::uint16_t port);
  http_peer(const http_peer&) = delete;

  /// Sends a request; requests that wait for their answers are answered in order.
  void send(std::string_view request, answer_handler answered);
  /// Sends a request whose answer has no end, and tells every piece of it that comes.
  void watch(std::string_view request, std::function<void(std::string_view)> came);
  void close();

 private:
  void write();
  void read();
  /// Takes one whole answer off the front of what was read. False if there is none.
  bool take_answer();
  void fail(const std::string& why);

  boost::asio::ip::tcp::socket socket_;
  std::deque<answer_handler> waiting_;
  std::function<void(std::string_view)> came_;
  std::string next_;  ///< to be written after `writing_`
  std::string writing_;
  std::string read_;
  std::size_t begin_ = 0;  ///< of what was not yet taken of `read_`
  std::array<char, 16 * 1024> input_;
  bool is_reading_ = false;
};

[[nodiscard]] std::string get_request(std::string_view target);
[[nodiscard]] std::string post_request(std::string_view target, std::string_view body);

}  // namespace pawl::benchmark
