#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <pawl/json.hpp>

#include "server/http/exchange.hpp"
#include "server/live/commands_under_way.hpp"

namespace pawl::server {

/// How events are written to a peer. One writer at a time.
class event_sink {
 public:
  virtual ~event_sink() = default;

  /// Writes an event; `id` may be empty. Gives the bytes that it took; 0: the peer is gone, or does
  /// not take any more.
  virtual std::size_t event(const std::string& id, std::string_view kind, const json& data) = 0;
  virtual void beat() = 0;
  /// Ends the stream.
  virtual void close() = 0;
  /// `what` is called once, when all that was written is on its way; at once if it is so.
  virtual void when_drained(std::function<void()> what) = 0;
};

/// Server-sent events, as the HTML standard has them.
[[nodiscard]] std::unique_ptr<event_sink> make_sse_sink(std::shared_ptr<http::stream> to);
/// JSON texts: `{"type": "event", "id": …, "event": {…}}`. The last one, of type "end", comes
/// behind the results of `commands`.
[[nodiscard]] std::unique_ptr<event_sink> make_web_socket_sink(
    std::shared_ptr<http::web_socket> to, std::shared_ptr<commands_under_way> commands);

}  // namespace pawl::server
