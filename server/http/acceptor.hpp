#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "server/http/channel.hpp"
#include "server/http/listening_socket.hpp"

namespace pawl::server::http {

/// Accepts the connections of one listening socket. A connection beyond a limit is accepted,
/// answered with 503 or 429 so that the client learns the reason, and closed. With TLS it is closed
/// without an answer, because there is no handshake yet.
class acceptor : public std::enable_shared_from_this<acceptor> {
 public:
  acceptor(std::shared_ptr<core> all, listening_socket from);

  void start();
  /// Stops accepting and frees the address, then calls `done`; asynchronously. After that, no
  /// further connection begins. Any thread.
  void stop(std::function<void()> done);
  [[nodiscard]] const address& at() const noexcept { return at_; }

 private:
  void wait();
  void accept_all();
  void accept(functions::unique_fd fd, const peer& who);
  void reject(functions::unique_fd fd, admission why);
  void pause(int number);
  void close_rejected();

  const std::shared_ptr<core> core_;
  const address at_;
  const strand strand_;
  std::unique_ptr<listening_socket> from_;
  boost::asio::posix::basic_stream_descriptor<strand> ready_;
  strand_timer resume_;
  /// Rejected connections by the time they are closed. They are not closed immediately: unread
  /// input would reset the connection, and the client might lose the answer.
  std::deque<std::pair<std::chrono::steady_clock::time_point, functions::unique_fd>> rejected_;
  strand_timer close_next_;
  bool warned_ = false;  ///< logged the current shortage of descriptors
};

}  // namespace pawl::server::http
