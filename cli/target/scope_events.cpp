#include "cli/target/scope_events.hpp"

#include <utility>

#include "cli/target/decode.hpp"
#include "cli/target/event_streams.hpp"
#include "server/api/percent.hpp"

namespace pawl::cli {
namespace {

using namespace std::chrono_literals;
using steady_time = std::chrono::steady_clock;

constexpr auto poll_interval = 1'000ms;
constexpr auto reconnect_interval = 1'000ms;
/// Maximum time without a connection.
constexpr auto outage_limit = 60s;

std::string events_path(const event_selection& which) {
  std::string path = "/v1/events";
  const auto add = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    path += (path.find('?') == path.npos ? "?" : "&") + std::string{name} + "=" +
            server::percent_encoded(value);
  };
  std::string kinds;
  for (const auto& each : which.kinds) kinds += (kinds.empty() ? "" : ",") + each;
  add("filter", which.filter);
  add("kind", kinds);
  return path;
}

/// Passes one event to the listener. Returns its result.
result<bool> deliver(const stream_event& event, std::optional<journal_position>& after,
                     const event_listener& listener) {
  const auto data = json::parse(event.data, nullptr, false);
  auto what = read_history_event(data);
  if (!what) return std::move(what).error();
  placed_event placed;
  if (const auto position = parse_journal_position(event.id)) {
    after = *position;
    placed.position = *position;
  }
  const auto run = data.find("run");
  if (run != data.end() && run->is_string()) placed.run = run_id{run->get<std::string>()};
  placed.what = *std::move(what);
  return listener(placed);
}

}  // namespace

result<void> stream_scope_events(const server_access& access, std::optional<journal_position> after,
                                 const event_selection& which, const event_listener& listener) {
  const std::string path = events_path(which);
  event_streams streams{access};
  auto last_good = steady_time::now();
  auto next_attempt = last_good;
  bool dropped = false;  // by the server, with no event since
  while (true) {
    if (streams.count() == 0 && steady_time::now() >= next_attempt) {
      streams.open("events", path, after ? to_string(*after) : "");
      next_attempt = steady_time::now() + reconnect_interval;
    }
    streams.poll(poll_interval);
    while (const auto update = streams.next()) {
      if (!update->first_id.empty()) {
        if (const auto position = parse_journal_position(update->first_id)) after = *position;
      } else if (update->event && update->event->kind != "dropped") {
        const auto more = deliver(*update->event, after, listener);
        if (!more) return more.error();
        if (!*more) return {};
        dropped = false;
        last_good = steady_time::now();
      } else if (update->event) {
        const auto why = json::parse(update->event->data, nullptr, false);
        if (std::exchange(dropped, true)) {
          return error{errc::unavailable,
                       "the server stopped the event stream: " +
                           (why.is_object() ? why.value("reason", json("")).dump() : "?")};
        }
      } else if (update->failure) {
        if (!can_pass(*update->failure) || steady_time::now() - last_good > outage_limit)
          return *update->failure;
      }
    }
    if (streams.count() > 0) last_good = steady_time::now();
  }
}

}  // namespace pawl::cli
