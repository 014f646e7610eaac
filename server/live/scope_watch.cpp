#include "server/live/scope_watch.hpp"

#include <utility>

#include "server/views.hpp"

namespace pawl::server {
namespace {

/// Transitions per page of the journal.
constexpr std::size_t journal_page_size = 200;
/// Maximum number of queued live events. Further ones are read from the journal.
constexpr std::size_t max_live_events = 1000;

}  // namespace

scope_watch::scope_watch(std::shared_ptr<live_streams> served_by, scope in,
                         std::optional<journal_position> after, std::unique_ptr<event_sink> to)
    : event_watch(std::move(served_by), std::move(in), std::move(to)), position_(after) {}

void scope_watch::resubscribe() {
  subscribe(in().events().watch({}, max_live_events));
}

void scope_watch::query_journal() {
  phase_ = phase::querying;
  journal_changed_ = false;
  in().events().read_async(position_, journal_page_size, store_into(answered_page_), gone());
}

bool scope_watch::take_page() {
  auto page = take_value(answered_page_);
  if (!page) return false;
  page_ = *std::move(page);
  next_in_page_ = 0;
  phase_ = phase::writing;
  if (page_.lost) {
    drop("the events after the last one read are no longer stored");
    return false;
  }
  // Without a position to continue from, the first page is empty and its end is the position.
  if (!std::exchange(begun_, true)) to().begin(to_string(position_.value_or(page_.next)));
  return true;
}

void scope_watch::advance() {
  if (phase_ == phase::initial) {
    resubscribe();
    return query_journal();
  }
  if (phase_ == phase::querying && !take_page()) return;
  if (phase_ == phase::writing && !write_page()) return;
  // Idle: all events of the journal are written.
  if (!read_live()) return;
  if (journal_changed_) query_journal();
}

bool scope_watch::write_page() {
  while (next_in_page_ < page_.events.size()) {
    const placed_event& each = page_.events[next_in_page_++];
    json data = to_json(each.what, each.position.event);
    data["run"] = each.run.str();
    if (!can_continue(to().event(to_string(each.position), each.what.kind, data))) return false;
  }
  const bool more = page_.more;
  position_ = page_.next;
  if (more) {
    query_journal();
    return false;
  }
  phase_ = phase::idle;
  return true;
}

bool scope_watch::read_live() {
  while (const auto event = live().try_next()) {
    if (event->what.checkpoint != 0) {
      journal_changed_ = true;
      continue;
    }
    json data = to_json(event->what, 0);
    data["run"] = event->run.id.str();
    if (!can_continue(to().event("", event->what.kind, data))) return false;
  }
  if (!live().ended()) return true;
  if (!live().overflowed()) {
    finish();  // the engine stopped
    return false;
  }
  resubscribe();
  journal_changed_ = true;
  return true;
}

}  // namespace pawl::server
