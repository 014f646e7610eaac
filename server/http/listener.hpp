#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/settings.hpp>

#include "server/http/exchange.hpp"

namespace spdlog {
class logger;
}

namespace pawl::server::http {

class core;
class acceptor;

/// A request that was answered, or whose connection ended before it was.
struct finished_request {
  std::string method;
  std::string route;    ///< what the handler named it; empty if it did not come to the handler
  unsigned status = 0;  ///< 499: the peer had gone before there was an answer
  std::chrono::nanoseconds duration{};  ///< from the last byte read to the last one written
  std::uint64_t bytes_in = 0;           ///< as they came, head and body
  std::uint64_t bytes_out = 0;          ///< of WebSockets: the messages
  bool streamed = false;                ///< a stream or a WebSocket: the duration is its life
  std::string request_id;
  std::string peer;
};

/// What a listener has to do at one moment, and did since it began.
struct listener_numbers {
  std::uint64_t connections = 0;    ///< open now
  std::uint64_t streams = 0;        ///< event streams and WebSockets, open now
  std::uint64_t in_flight = 0;      ///< requests that were read and are not answered
  std::uint64_t pending_bytes = 0;  ///< of requests that are being read
  std::uint64_t accepted = 0;       ///< connections so far
  std::uint64_t refused = 0;        ///< connections beyond a limit, so far
  std::uint64_t requests = 0;       ///< so far
  std::uint64_t bytes_in = 0;       ///< so far, without TLS
  std::uint64_t bytes_out = 0;      ///< so far, without TLS
};

/// What a listener is made of.
struct listener_parts {
  server_settings settings;
  http::handler& handler;
  std::shared_ptr<spdlog::logger> logger;
  /// Called on the server's threads, several at once, for each finished request; may be empty. It
  /// must not block and not throw.
  std::function<void(const finished_request&)> observer = {};
};

/// An HTTP server: listens on the addresses of its settings, reads requests, hands them to its
/// handler and writes the answers, on threads of its own. Safe for concurrent use.
class listener {
 public:
  /// Listens when it returns. Errors: `invalid_argument` for an address or certificate that is
  /// none; `locked` for an address in use; `io_failed` for what the system refuses.
  [[nodiscard]] static result<std::unique_ptr<listener>> open(listener_parts parts);
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;
  /// As `stop` without time for requests under way.
  ~listener();

  /// Where it listens, with the ports that were given.
  [[nodiscard]] const std::vector<std::string>& addresses() const noexcept { return addresses_; }

  /// Reads certificate and key again, for the connections from now on. Error: as `open`; then those
  /// it has are kept.
  [[nodiscard]] result<void> reload();

  /// Takes no more connections, closes idle ones, ends the streams, lets requests under way be
  /// answered, and closes at the deadline what is left. When it returns, all threads have ended
  /// and the handler is not called any more; exchanges that somebody still holds answer nobody.
  /// Not to be called on the server's threads. A second call waits for the first.
  void stop(std::chrono::milliseconds time_to_finish);

  [[nodiscard]] listener_numbers numbers() const noexcept;

 private:
  class threads;

  listener(std::shared_ptr<core> all, std::vector<std::shared_ptr<acceptor>> acceptors);

  std::shared_ptr<core> core_;
  std::vector<std::shared_ptr<acceptor>> acceptors_;
  std::vector<std::string> addresses_;
  std::unique_ptr<threads> threads_;
};

}  // namespace pawl::server::http
