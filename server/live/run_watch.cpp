#include "server/live/run_watch.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "actors/event_hub.hpp"
#include "server/views.hpp"
#include "server/whole_number.hpp"

namespace pawl::server {
namespace {

/// Checkpoints per page of the history.
constexpr std::size_t history_page_size = 500;

bool ends_run(std::string_view kind) noexcept {
  return kind == "run_completed" || kind == "run_failed" || kind == "run_cancelled";
}

}  // namespace

std::optional<event_position> parse_event_id(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == text.npos) return std::nullopt;
  const auto checkpoint = whole_number(text.substr(0, dot));
  const auto place = whole_number(text.substr(dot + 1));
  if (!checkpoint || !place) return std::nullopt;
  return event_position{*checkpoint, *place};
}

run_watch::run_watch(std::shared_ptr<live_streams> served_by, scope in, run_id run,
                     std::shared_ptr<subscription> live, event_position after, bool follow,
                     std::unique_ptr<event_sink> to)
    : event_watch(std::move(served_by), std::move(in), std::move(to)),
      run_(std::move(run)),
      follow_(follow),
      initial_subscription_(std::move(live)),
      position_(after) {}

void run_watch::query_history() {
  phase_ = phase::querying;
  const std::uint64_t first = std::max({page_.next, position_.checkpoint, std::uint64_t{1}});
  in().runs().history_page_async(run_, first, history_page_size, store_into(answered_page_),
                                 gone());
}

void run_watch::query_end() {
  phase_ = phase::ending;
  in().runs().get_async(run_, store_into(answered_run_), gone());
}

void run_watch::advance() {
  if (phase_ == phase::initial) {
    subscribe(std::move(initial_subscription_));
    to().begin(event_id(position_.checkpoint, position_.place));
    return query_history();
  }
  if (phase_ == phase::querying && !take_page()) return;
  if (phase_ == phase::reading) read_page();
  if (phase_ == phase::live) follow_live();
  if (phase_ == phase::ending) end_if_finished();
}

bool run_watch::take_page() {
  auto page = take_value(answered_page_);
  if (!page) return false;
  page_ = *std::move(page);
  next_in_page_ = 0;
  page_position_ = {};
  phase_ = phase::reading;
  return true;
}

void run_watch::end_if_finished() {
  const auto run = take_value(answered_run_);
  if (!run) return;
  if (is_finished(run->summary.status)) {
    to().event("", "end", to_json(run->summary));
    return finish();
  }
  finished_ = false;  // the run was retried; its events follow
  phase_ = phase::live;
  follow_live();
}

/// A deletion is durable before it is published, so a query may find out first.
void run_watch::end_on(const error& why) {
  if (why.code != errc::not_found) return drop(why.message);
  history_event last;
  last.at = std::chrono::floor<time_point::duration>(std::chrono::system_clock::now());
  last.kind = actors::run_deleted_kind;
  last.detail = json::object();
  end_deleted(last);
}

void run_watch::end_deleted(const history_event& last) {
  json data = to_json(last, 0);
  data["run"] = run_.str();
  to().event("", last.kind, data);
  finish();
}

void run_watch::read_page() {
  while (next_in_page_ < page_.events.size()) {
    const history_event& each = page_.events[next_in_page_++];
    const bool same = each.checkpoint == page_position_.checkpoint;
    page_position_ = {each.checkpoint, same ? page_position_.place + 1 : 0};
    history_end_ = std::max(history_end_, each.checkpoint);
    if (!put(each, page_position_)) return;
  }
  if (page_.next != 0) return query_history();
  if (live().overflowed()) {
    subscribe(in().events().watch(run_, max_event_backlog));
    return query_history();  // it now contains what happened while it was read
  }
  phase_ = phase::live;
}

void run_watch::follow_live() {
  while (const auto event = live().try_next()) {
    const history_event& what = event->what;
    if (what.kind == actors::run_deleted_kind) return end_deleted(what);
    if (what.checkpoint == 0) {
      json data = to_json(what, 0);
      data["run"] = run_.str();
      if (!can_continue(to().event("", what.kind, data))) return;
      continue;
    }
    if (what.checkpoint <= history_end_) continue;
    const bool same = what.checkpoint == live_position_.checkpoint;
    live_position_ = {what.checkpoint, same ? live_position_.place + 1 : 0};
    if (!put(what, live_position_)) return;
  }
  if (live().ended()) {
    if (live().overflowed()) return drop("the reader is too slow for the run's events");
    return finish();  // the engine stopped
  }
  if (finished_ && !follow_) query_end();
}

bool run_watch::put(const history_event& event, event_position at) {
  finished_ = ends_run(event.kind);
  if (at <= position_) return true;
  position_ = at;
  json data = to_json(event, at.place);
  data["run"] = run_.str();
  return can_continue(to().event(event_id(at.checkpoint, at.place), event.kind, data));
}

}  // namespace pawl::server
