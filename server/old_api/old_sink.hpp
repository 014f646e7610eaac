#pragma once

#include <memory>
#include <string>

#include <pawl/run.hpp>

#include "server/http/exchange.hpp"
#include "server/live/event_sink.hpp"

namespace pawl::server {

/// What the messages about a run have in common.
struct old_watched_run {
  run_id id;
  std::uint64_t flow_version = 0;  ///< number of the version
  time_point created_at{};
  json inputs = json::object();
};

/// Writes the events of a run as messages of the previous engine: {"type": "log", "data": line},
/// {"type": "status", "data": run}, {"type": "timer", "data": {"event": …}} and, every 30 seconds,
/// {"type": "ping"}.
[[nodiscard]] std::unique_ptr<event_sink> make_old_sink(old_watched_run run,
                                                        std::shared_ptr<http::web_socket> to);

/// The time for messages that do not report an event.
[[nodiscard]] time_point old_clock();

/// A message, with the time as `timestamp`.
[[nodiscard]] std::string old_message(std::string_view type, json fields, time_point at);

}  // namespace pawl::server
