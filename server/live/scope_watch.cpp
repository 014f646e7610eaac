#include "server/live/scope_watch.hpp"

#include <utility>

#include "server/views.hpp"

namespace pawl::server {
namespace {

/// Transitions that are read from the journal together.
constexpr std::size_t journal_step = 200;
/// Events that are kept while nobody listens. What is beyond is read from the journal.
constexpr std::size_t max_heard = 1000;

}  // namespace

scope_watch::scope_watch(std::shared_ptr<live_streams> served_by, scope in,
                         std::optional<journal_position> after, std::unique_ptr<event_sink> to)
    : event_watch(std::move(served_by), std::move(in), std::move(to)), position_(after) {}

void scope_watch::listen_anew() {
  listen(in().events().watch({}, max_heard));
}

void scope_watch::ask() {
  phase_ = phase::asking;
  heard_ = false;
  in().events().read_async(position_, journal_step, into(answered_));
}

bool scope_watch::take_answer() {
  auto page = take_good(answered_);
  if (!page) return false;
  page_ = *std::move(page);
  next_in_page_ = 0;
  phase_ = phase::writing;
  if (!page_.lost) return true;
  drop("what followed the last event that was read is not kept any more");
  return false;
}

void scope_watch::go_on() {
  if (phase_ == phase::fresh) {
    listen_anew();
    return ask();
  }
  if (phase_ == phase::asking && !take_answer()) return;
  if (phase_ == phase::writing && !write_page()) return;
  // At rest: everything that the journal had was written.
  if (!hear()) return;
  if (heard_) ask();
}

bool scope_watch::write_page() {
  while (next_in_page_ < page_.events.size()) {
    const placed_event& each = page_.events[next_in_page_++];
    json data = to_json(each.what, each.position.event);
    data["run"] = each.run.str();
    if (!written(to().event(to_string(each.position), each.what.kind, data))) return false;
  }
  const bool more = !page_.events.empty();
  position_ = page_.next;
  if (more) {  // there may be more behind it
    ask();
    return false;
  }
  phase_ = phase::resting;
  return true;
}

bool scope_watch::hear() {
  while (const auto event = live().try_next()) {
    if (event->what.checkpoint != 0) {
      heard_ = true;
      continue;
    }
    json data = to_json(event->what, 0);
    data["run"] = event->run.id.str();
    if (!written(to().event("", event->what.kind, data))) return false;
  }
  if (!live().ended()) return true;
  if (!live().overflowed()) {
    finish();  // the engine stops
    return false;
  }
  listen_anew();
  heard_ = true;
  return true;
}

}  // namespace pawl::server
