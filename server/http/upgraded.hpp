#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "server/http/outbox.hpp"

namespace pawl::server::http {

class connection;

/// Connects a WebSocket's connection with its user: the outgoing messages and the receiver of the
/// incoming ones. Safe for concurrent use.
class web_socket_ends {
 public:
  explicit web_socket_ends(std::shared_ptr<outbox> to_send) : out(std::move(to_send)) {}

  const std::shared_ptr<outbox> out;

  void set_receiver(std::function<void(std::string)> what);
  /// Passes a message to the receiver. Returns false if there is no receiver yet: the message is
  /// kept, and `resume` is called after it was delivered. Must not be called again before that.
  [[nodiscard]] bool deliver(std::string text, std::function<void()> resume);
  /// Releases the receiver, which may hold its own socket.
  void reset_receiver();

 private:
  std::mutex mutex_;
  std::shared_ptr<const std::function<void(std::string)>> receiver_;
  std::string pending_;
  std::function<void()> resume_;
};

/// The protocol of a connection after an upgrade. All calls are on the connection's strand.
class upgraded {
 public:
  virtual ~upgraded() = default;

  virtual void start() = 0;
  /// Reports that the outbox has data.
  virtual void wake() = 0;
};

/// Data of the request for a WebSocket handshake.
struct web_socket_handshake {
  std::string key;                                          ///< Sec-WebSocket-Key
  std::string rest;                                         ///< bytes received after the request
  std::vector<std::pair<std::string, std::string>> fields;  ///< header fields of the answer
};

/// Upgrades a connection to a WebSocket, which then owns the channel.
[[nodiscard]] std::shared_ptr<upgraded> make_web_socket(std::shared_ptr<connection> of,
                                                        web_socket_handshake handshake,
                                                        std::shared_ptr<web_socket_ends> ends);

}  // namespace pawl::server::http
