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

/// A request that was answered, or whose connection ended before the answer.
struct finished_request {
  std::string method;
  std::string route;    ///< as the handler set it; empty if the handler was not called
  unsigned status = 0;  ///< 499: the client disconnected before the answer
  std::chrono::nanoseconds duration{};  ///< from the last byte read to the last byte written
  std::uint64_t bytes_in = 0;           ///< head and body as received
  std::uint64_t bytes_out = 0;          ///< of a WebSocket: its messages
  bool streamed = false;                ///< a stream or WebSocket; `duration` is its lifetime
  std::string request_id;
  std::string peer;
};

/// Gauges and counters of a listener.
struct listener_stats {
  // Now.
  std::uint64_t connections = 0;    ///< open connections
  std::uint64_t streams = 0;        ///< open event streams and WebSockets
  std::uint64_t in_flight = 0;      ///< requests read but not answered
  std::uint64_t pending_bytes = 0;  ///< bytes of requests being read
  std::uint64_t output_bytes = 0;   ///< bytes of answers that wait to be sent
  // Since the start.
  std::uint64_t accepted = 0;  ///< accepted connections
  std::uint64_t refused = 0;   ///< connections refused because of a limit
  std::uint64_t requests = 0;
  std::uint64_t bytes_in = 0;   ///< excluding TLS
  std::uint64_t bytes_out = 0;  ///< excluding TLS
};

struct listener_options {
  server_settings settings;
  http::handler& handler;
  std::shared_ptr<spdlog::logger> logger;
  /// Called for each finished request, on the server's threads, concurrently; may be empty. It must
  /// not block or throw.
  std::function<void(const finished_request&)> observer = {};
};

/// An HTTP server: listens on the configured addresses, reads requests, calls the handler and
/// writes the answers, on its own threads. Safe for concurrent use.
class listener {
 public:
  /// Opens the sockets and starts the threads. Errors: `invalid_argument` for an invalid address or
  /// certificate; `locked` for an address in use; `io_failed` for other errors of the system.
  [[nodiscard]] static result<std::unique_ptr<listener>> open(listener_options parts);
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;
  /// Calls `stop` with a timeout of zero.
  ~listener();

  /// The addresses it listens on, with the assigned ports.
  [[nodiscard]] const std::vector<std::string>& addresses() const noexcept { return addresses_; }

  /// Reloads the certificate and its key for new connections. Errors: as `open`; the loaded ones
  /// stay in use.
  [[nodiscard]] result<void> reload();

  /// Stops accepting connections, closes idle ones, ends the streams, waits up to `timeout` for
  /// pending requests to be answered, then closes the remaining connections. When it returns, all
  /// threads have ended and the handler is not called any more; exchanges still held have no
  /// effect. Must not be called on a server thread. A second call waits for the first.
  void stop(std::chrono::milliseconds timeout);

  [[nodiscard]] listener_stats stats() const noexcept;

 private:
  class threads;

  listener(std::shared_ptr<core> all, std::vector<std::shared_ptr<acceptor>> acceptors);

  std::shared_ptr<core> core_;
  std::vector<std::shared_ptr<acceptor>> acceptors_;
  std::vector<std::string> addresses_;
  std::unique_ptr<threads> threads_;
};

}  // namespace pawl::server::http
