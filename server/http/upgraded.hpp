#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "server/http/outbox.hpp"

namespace pawl::server::http {

class connection;

/// The end of a WebSocket that its user holds, as the connection sees it: what is to be sent, and
/// whom to give what came. Safe for concurrent use.
class web_socket_ends {
 public:
  explicit web_socket_ends(std::shared_ptr<outbox> to_send) : out(std::move(to_send)) {}

  const std::shared_ptr<outbox> out;

  void set_receiver(std::function<void(std::string)> what);
  /// Gives a message to the receiver. False: there is none yet; the message is kept for it, and
  /// `resume` is called when it was given. No further message may come before.
  [[nodiscard]] bool deliver(std::string text, std::function<void()> resume);
  /// Lets go of the receiver, which may hold its socket.
  void forget_receiver();

 private:
  std::mutex mutex_;
  std::shared_ptr<const std::function<void(std::string)>> receiver_;
  std::string kept_;
  std::function<void()> resume_;
};

/// What a connection has become that is not HTTP any more. All calls on the connection's strand.
class upgraded {
 public:
  virtual ~upgraded() = default;

  virtual void start() = 0;
  /// There is something in the outbox.
  virtual void wake() = 0;
};

/// What a WebSocket's handshake needs of its request.
struct web_socket_handshake {
  std::string key;                                          ///< Sec-WebSocket-Key
  std::string rest;                                         ///< bytes that came behind the request
  std::vector<std::pair<std::string, std::string>> fields;  ///< to be in the answer
};

/// Makes a WebSocket of a connection, whose channel nobody else uses from now on.
[[nodiscard]] std::shared_ptr<upgraded> make_web_socket(std::shared_ptr<connection> of,
                                                        web_socket_handshake handshake,
                                                        std::shared_ptr<web_socket_ends> ends);

}  // namespace pawl::server::http
