#include "cli/target/scope_events.hpp"

#include <utility>

#include "cli/target/event_streams.hpp"
#include "cli/target/values.hpp"

namespace pawl::cli {
namespace {

using namespace std::chrono_literals;
using steady_time = std::chrono::steady_clock;

constexpr auto listen_for = 1'000ms;
/// Between two attempts, and how long a server may be away.
constexpr auto between_attempts = 1'000ms;
constexpr auto outage_limit = 60s;

/// Hands one event over. False: enough.
result<bool> tell_one(const stream_event& event, std::optional<journal_position>& after,
                      const event_listener& tell) {
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
  return tell(placed);
}

}  // namespace

result<void> tell_scope_events(const server_access& access, std::optional<journal_position> after,
                               const event_listener& tell) {
  event_streams streams{access};
  auto last_good = steady_time::now();
  auto next_attempt = last_good;
  bool dropped = false;  // and nothing came since
  while (true) {
    if (streams.count() == 0 && steady_time::now() >= next_attempt) {
      streams.open("events", "/v1/events", after ? to_string(*after) : "");
      next_attempt = steady_time::now() + between_attempts;
    }
    streams.poll(listen_for);
    while (const auto arrived = streams.next()) {
      if (arrived->event && arrived->event->kind != "dropped") {
        const auto wanted = tell_one(*arrived->event, after, tell);
        if (!wanted) return wanted.error();
        if (!*wanted) return {};
        dropped = false;
        last_good = steady_time::now();
      } else if (arrived->event) {
        const auto why = json::parse(arrived->event->data, nullptr, false);
        if (std::exchange(dropped, true)) {
          return error{errc::unavailable,
                       "the server does not go on with the events: " +
                           (why.is_object() ? why.value("reason", json("")).dump() : "?")};
        }
      } else if (arrived->failure) {
        const bool passes = arrived->failure->code == errc::unavailable ||
                            arrived->failure->code == errc::timed_out ||
                            arrived->failure->code == errc::overloaded;
        if (!passes || steady_time::now() - last_good > outage_limit) return *arrived->failure;
      }
    }
    if (streams.count() > 0) last_good = steady_time::now();
  }
}

}  // namespace pawl::cli
