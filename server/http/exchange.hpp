#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "server/http/message.hpp"
#include "server/http/problem.hpp"

namespace pawl::server::http {

/// A response whose body is written piece by piece. Safe for concurrent use. Destroying the last
/// reference ends the body.
class stream {
 public:
  virtual ~stream() = default;

  /// Queues bytes for the peer. Returns false if nothing was queued: the peer is disconnected, the
  /// server stops, or the stream's buffer is full (`too_slow`).
  virtual bool write(std::string bytes) = 0;
  /// True after a write failed because the buffer was full. One last message may then exceed the
  /// limit, to tell the peer why the stream ends.
  [[nodiscard]] virtual bool too_slow() const = 0;
  /// Calls `what` once, on any thread, when everything written so far has been sent; immediately if
  /// nothing is queued; never if the peer disconnects first. Use it for back-pressure. At most one
  /// call may be pending.
  virtual void when_drained(std::function<void()> what) = 0;
  /// Calls `what` once, on a server thread, after a pause; never if the peer disconnects or the
  /// server stops first.
  virtual void after_pause(std::chrono::milliseconds pause, std::function<void()> what) = 0;
  /// Ends the body after the queued bytes.
  virtual void close() = 0;
  /// Calls `what` once, on a server thread, when the peer disconnects or the stream is closed;
  /// immediately if that has already happened.
  virtual void on_closed(std::function<void()> what) = 0;
};

/// A WebSocket connection (RFC 6455). Safe for concurrent use. Destroying the last reference closes
/// it.
class web_socket {
 public:
  virtual ~web_socket() = default;

  /// Queues a text message; see `stream::write`.
  virtual bool send(std::string text) = 0;
  [[nodiscard]] virtual bool too_slow() const = 0;
  virtual void when_drained(std::function<void()> what) = 0;  ///< see `stream::when_drained`
  /// Sends the queued messages, then closes with a status code of RFC 6455, 7.4.
  virtual void close(unsigned code, std::string_view reason) = 0;
  /// Calls `what` for each text message, one at a time, on the server's threads. Must be set in the
  /// call that accepted the socket.
  virtual void on_message(std::function<void(std::string text)> what) = 0;
  virtual void on_closed(std::function<void()> what) = 0;
};

/// The answer to one request. The handler calls exactly one of `respond`, `respond_with_stream` and
/// `accept_web_socket`, once, from any thread, immediately or later. An exchange destroyed without
/// an answer is answered with 500. The server adds `Date`, `Content-Length`, `Request-Id`, the
/// security headers and compression, and omits the body of an answer to HEAD.
class exchange {
 public:
  virtual ~exchange() = default;

  void respond(response answer) { respond(std::move(answer), nullptr); }
  /// `lost` is called once, on any thread, if the answer cannot be written completely. A written
  /// answer is not proof that the peer has read it. May be null.
  virtual void respond(response answer, std::function<void()> lost) = 0;
  [[nodiscard]] std::shared_ptr<stream> respond_with_stream(response head) {
    return respond_with_stream(std::move(head), std::nullopt);
  }
  /// Sends status and fields, and returns the body to write. Never compressed. `length`: of the
  /// body, if it is known; bytes beyond it are not sent. A body that ends before its length ends
  /// the connection, so that the peer does not take it for whole. It may be written to its end
  /// while the server stops; a body without a length ends when the stop begins.
  [[nodiscard]] virtual std::shared_ptr<stream> respond_with_stream(
      response head, std::optional<std::uint64_t> length) = 0;
  /// Upgrades the connection to a WebSocket. Answers 426 and returns null if the request did not
  /// ask for an upgrade.
  [[nodiscard]] virtual std::shared_ptr<web_socket> accept_web_socket() = 0;
  /// Calls `what` once, on a server thread, when the peer disconnects before the answer;
  /// immediately if it already has. For requests that wait. A peer that has only shut down its
  /// sending side counts as disconnected, because a killed peer looks the same; it still receives
  /// the answer. Set at most once, before the answer.
  virtual void on_disconnect(std::function<void()> what) = 0;
  /// Sets the route for metrics: "/v1/runs/{id}". Optional; before the answer.
  virtual void set_route(std::string_view /*route*/) {}
  /// Whether the request asks for an upgrade to a WebSocket.
  [[nodiscard]] virtual bool wants_web_socket() const = 0;
};

/// Receives the body of a request while it arrives. Destroyed before its request is handled, it was
/// cut off.
class body_sink {
 public:
  virtual ~body_sink() = default;

  /// Called with nothing when the bytes are taken, or with what to answer at once instead of
  /// handling the request.
  using taken = std::function<void(std::optional<problem> refused)>;
  /// Takes the next bytes. `done` is called once, on any thread, now or later: no further bytes are
  /// read from the peer, no deadline is set for it, and no call is made, before that. The last
  /// bytes of a body come in `request::body` instead.
  virtual void write(std::string bytes, taken done) = 0;
};

/// What a handler decides about a request by its head, before the body is read.
struct admitted_request {
  std::string_view route = {};          ///< for metrics; a literal
  std::optional<problem> refused = {};  ///< the answer, if the request is refused
  /// False: at most a few KiB of a body are read, and they are not decompressed.
  bool takes_body = true;
  /// Takes the body as it arrives; it is not decompressed. Null: the request has all of it.
  std::shared_ptr<body_sink> sink = {};
  /// Maximum length of a body for `sink`.
  std::uint64_t max_sink_bytes = 0;
  /// The memory that `sink` needs at most, with the bytes that it gets: reserved for the time of
  /// the request instead of what is read, so that a body that has begun is not refused for want of
  /// memory.
  std::size_t sink_bytes = 0;
  /// Whose share of `server.max_pending_bytes` the body takes; empty: that of the peer's address.
  std::string holder = {};
  /// Handles the request when it is complete. Called once, unless it is refused.
  std::function<void(request what, std::shared_ptr<exchange> answer)> handle = {};
};

/// Receives the requests. Called on the server's threads, concurrently: it must not block or throw.
class handler {
 public:
  virtual ~handler() = default;

  virtual void handle(request what, std::shared_ptr<exchange> answer) = 0;
  /// The greatest `max_sink_bytes`: a longer body is refused by its head.
  [[nodiscard]] virtual std::uint64_t max_sink_bytes() const noexcept { return 0; }
  /// Decides about a request that has a body. Called before the body is read, so that nobody
  /// without a valid key makes the server buffer or decompress one.
  [[nodiscard]] virtual admitted_request admit(const request& /*head*/) {
    admitted_request all;
    all.handle = [this](request what, std::shared_ptr<exchange> answer) {
      handle(std::move(what), std::move(answer));
    };
    return all;
  }
};

}  // namespace pawl::server::http
