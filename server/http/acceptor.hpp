#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <utility>

#include "server/http/channel.hpp"
#include "server/http/listening_socket.hpp"

namespace pawl::server::http {

/// Takes connections from one listening socket, and turns away those beyond the limits: they are
/// taken and answered 503 or 429 at once, so that a client knows why, and closed. With TLS there
/// is nothing to be said before a handshake; they are closed.
class acceptor : public std::enable_shared_from_this<acceptor> {
 public:
  acceptor(std::shared_ptr<core> all, listening_socket from);

  void start();
  /// Takes no more, and frees the address. Any thread; done when the server's threads come to it.
  void stop();
  [[nodiscard]] const address& at() const noexcept { return at_; }

 private:
  void wait();
  void take_all();
  void take(functions::unique_fd fd, const peer& who);
  void turn_away(functions::unique_fd fd, admission why);
  void pause(int number);
  void close_turned_away();

  const std::shared_ptr<core> core_;
  const address at_;
  const strand strand_;
  std::unique_ptr<listening_socket> from_;
  boost::asio::posix::basic_stream_descriptor<strand> ready_;
  strand_timer resume_;
  /// Those that were told why, by when they are closed. Not at once: what they send meanwhile would
  /// make the system take the answer back.
  std::deque<std::pair<std::chrono::steady_clock::time_point, functions::unique_fd>> turned_away_;
  strand_timer close_next_;
  bool warned_ = false;  ///< about the present lack of descriptors
};

}  // namespace pawl::server::http
