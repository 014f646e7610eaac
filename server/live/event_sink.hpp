#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <pawl/json.hpp>

#include "server/http/exchange.hpp"
#include "server/live/pending_commands.hpp"

namespace pawl::server {

/// Writes events to a peer. Not safe for concurrent use.
class event_sink {
 public:
  virtual ~event_sink() = default;

  /// Writes an event; `id` may be empty. Returns its size in bytes, or 0 if the peer is
  /// disconnected or too slow.
  virtual std::size_t event(const std::string& id, std::string_view kind, const json& data) = 0;
  /// Writes the id after which a reader resumes that is disconnected before the first event.
  virtual void begin(const std::string& id) = 0;
  virtual void heartbeat() = 0;
  /// Ends the stream.
  virtual void close() = 0;
  /// Ends the stream at once, because its reader has lost the permission.
  virtual void refuse(const std::string& reason) = 0;
  /// Calls `what` once, when everything written has been sent; immediately if it has.
  virtual void when_drained(std::function<void()> what) = 0;
};

/// Server-sent events (HTML standard).
[[nodiscard]] std::unique_ptr<event_sink> make_sse_sink(std::shared_ptr<http::stream> to);
/// JSON messages: first `{"type": "hello", "after": ID}`, then `{"type": "event", "id": …, "event":
/// {…}}`. The last one, of type "end", is sent
/// after the results of `commands`.
[[nodiscard]] std::unique_ptr<event_sink> make_web_socket_sink(
    std::shared_ptr<http::web_socket> to, std::shared_ptr<pending_commands> commands);

}  // namespace pawl::server
