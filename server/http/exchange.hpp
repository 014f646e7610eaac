#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "server/http/message.hpp"

namespace pawl::server::http {

/// A response whose body is written as it comes about. Safe for concurrent use; dropping the last
/// reference ends it.
class stream {
 public:
  virtual ~stream() = default;

  /// Queues bytes for the peer. False: nothing was queued, because the peer is gone, the server
  /// stops, or as many bytes wait as one stream may hold back (`too_slow`).
  virtual bool write(std::string bytes) = 0;
  /// True once a write was refused because the peer did not keep up. One last message may still be
  /// written: it is let past the limit.
  [[nodiscard]] virtual bool too_slow() const = 0;
  /// `what` is called once, on any thread, when everything that was written so far is on its way;
  /// at once if it is. Never, if the peer goes away first. For writers of much: each portion waits
  /// for the one before. One at a time.
  virtual void when_drained(std::function<void()> what) = 0;
  /// Ends the body after what is queued.
  virtual void close() = 0;
  /// `what` is called once, on one of the server's threads, when the peer is gone or the stream
  /// was closed; at once if it is over already.
  virtual void on_closed(std::function<void()> what) = 0;
};

/// A WebSocket connection (RFC 6455). Safe for concurrent use; dropping the last reference closes
/// it.
class web_socket {
 public:
  virtual ~web_socket() = default;

  /// Queues a text message; as `stream::write`.
  virtual bool send(std::string text) = 0;
  [[nodiscard]] virtual bool too_slow() const = 0;
  virtual void when_drained(std::function<void()> what) = 0;  ///< as `stream::when_drained`
  /// Closes with a code of RFC 6455, 7.4 after what is queued.
  virtual void close(unsigned code, std::string_view reason) = 0;
  /// Called for each text message, one after another, on the server's threads. To be set at once,
  /// within the call that gave the socket.
  virtual void on_message(std::function<void(std::string text)> what) = 0;
  virtual void on_closed(std::function<void()> what) = 0;
};

/// The answer to one request. Exactly one of its calls is to be made, once, from any thread, now or
/// later; an exchange that is dropped unanswered is answered with 500. The server adds `Date`,
/// `Content-Length`, `Request-Id`, the security headers and the compression; it leaves out the body
/// where the request was HEAD.
class exchange {
 public:
  virtual ~exchange() = default;

  void respond(response answer) { respond(std::move(answer), nullptr); }
  /// `lost` is called once, on any thread, if the answer cannot be written to its end; never, if it
  /// can, though nobody knows then whether the peer reads it. May be null.
  virtual void respond(response answer, std::function<void()> lost) = 0;
  /// Sends status and fields, and gives the body to be written. Never compressed.
  [[nodiscard]] virtual std::shared_ptr<stream> respond_with_stream(response head) = 0;
  /// Makes a WebSocket of the connection; answered with 426 if the request asked for none, and
  /// then null.
  [[nodiscard]] virtual std::shared_ptr<web_socket> accept_web_socket() = 0;
  /// For requests that wait: `what` is called once, on one of the server's threads, when the peer
  /// will send no more before it is answered; at once if that is so. A peer that has ended its side
  /// of the connection is taken for gone, as one that was killed looks the same; should it still
  /// read, it gets whatever it is answered now. To be set once, before the answer.
  virtual void on_gone(std::function<void()> what) = 0;
  /// Names what was asked for, for metrics: "/v1/runs/{id}". Before the answer; may be left out.
  virtual void set_route(std::string_view /*route*/) {}
  /// Whether the request asks to make a WebSocket of the connection.
  [[nodiscard]] virtual bool wants_web_socket() const = 0;
};

/// What requests are handed to. Called on the server's threads, several at once: it must not block
/// and not throw.
class handler {
 public:
  virtual ~handler() = default;

  virtual void handle(request what, std::shared_ptr<exchange> answer) = 0;
};

}  // namespace pawl::server::http
