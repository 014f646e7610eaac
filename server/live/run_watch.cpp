#include "server/live/run_watch.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "server/views.hpp"

namespace pawl::server {
namespace {

/// Checkpoints that are read from a history together.
constexpr std::size_t history_step = 500;
/// Bytes that are written before the peer has to have taken them.
constexpr std::size_t portion_bytes = std::size_t{64} << 10;

bool ends_run(std::string_view kind) noexcept {
  return kind == "run_completed" || kind == "run_failed" || kind == "run_cancelled";
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [at, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || at != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<event_position> parse_event_id(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == text.npos) return std::nullopt;
  const auto checkpoint = number_of(text.substr(0, dot));
  const auto place = number_of(text.substr(dot + 1));
  if (!checkpoint || !place) return std::nullopt;
  return event_position{*checkpoint, *place};
}

run_watch::run_watch(std::shared_ptr<live_streams> served_by, scope in, run_id run,
                     std::shared_ptr<subscription> live, event_position after, bool follow,
                     std::unique_ptr<event_sink> to)
    : served_by_(std::move(served_by)),
      in_(std::move(in)),
      run_(std::move(run)),
      follow_(follow),
      to_(std::move(to)),
      live_(std::move(live)),
      position_(after) {}

std::function<void()> run_watch::waker() {
  return [weak = weak_from_this(), streams = served_by_] {
    if (const auto self = weak.lock()) streams->wake(self);
  };
}

void run_watch::begin() {
  served_by_->add(shared_from_this());
  served_by_->wake(shared_from_this());
}

void run_watch::stop() {
  gone_ = true;
  served_by_->wake(shared_from_this());
}

void run_watch::listen() {
  live_ = in_.watch(run_, max_events_behind);
  live_->on_event(waker());
}

void run_watch::ask_history() {
  phase_ = phase::asking;
  const std::uint64_t first = std::max({page_.next, position_.checkpoint, std::uint64_t{1}});
  in_.history_page_async(run_, first, history_step,
                         [self = shared_from_this()](result<history_page> page) {
                           {
                             const std::lock_guard lock{self->mutex_};
                             self->answered_page_ = std::move(page);
                           }
                           self->served_by_->wake(self);
                         });
}

void run_watch::ask_end() {
  phase_ = phase::ending;
  in_.get_async(run_, [self = shared_from_this()](result<run_view> run) {
    {
      const std::lock_guard lock{self->mutex_};
      self->answered_run_ = std::move(run);
    }
    self->served_by_->wake(self);
  });
}

void run_watch::pump() {
  if (phase_ == phase::over) return;
  if (gone_) return finish();
  if (draining_) return;
  if (phase_ == phase::fresh) {
    live_->on_event(waker());
    return ask_history();
  }
  if (phase_ == phase::asking) {
    const auto answer = [&] {
      const std::lock_guard lock{mutex_};
      return std::exchange(answered_page_, std::nullopt);
    }();
    if (!answer) return;
    if (!*answer) return drop(answer->error().message);
    page_ = **answer;
    next_in_page_ = 0;
    page_place_ = {};
    phase_ = phase::reading;
  }
  if (phase_ == phase::reading) read_page();
  if (phase_ == phase::live) follow_live();
  if (phase_ == phase::ending) {
    const auto run = [&] {
      const std::lock_guard lock{mutex_};
      return std::exchange(answered_run_, std::nullopt);
    }();
    if (!run) return;
    if (!*run) return drop(run->error().message);
    if (is_finished((*run)->summary.status)) {
      to_->event("", "end", to_json((*run)->summary));
      return finish();
    }
    finished_ = false;  // it was brought back: its events come
    phase_ = phase::live;
    follow_live();
  }
}

void run_watch::read_page() {
  while (next_in_page_ < page_.events.size()) {
    const history_event& each = page_.events[next_in_page_++];
    const bool same = each.checkpoint == page_place_.checkpoint;
    page_place_ = {each.checkpoint, same ? page_place_.place + 1 : 0};
    read_to_ = std::max(read_to_, each.checkpoint);
    if (!put(each, page_place_)) return;
  }
  if (page_.next != 0) return ask_history();
  if (live_->overflowed()) {
    listen();
    return ask_history();  // what happened while the history was read is in it by now
  }
  phase_ = phase::live;
}

void run_watch::follow_live() {
  while (const auto event = live_->try_next()) {
    const history_event& what = event->what;
    if (what.checkpoint == 0) {
      json data = to_json(what, 0);
      data["run"] = run_.str();
      if (!written(to_->event("", what.kind, data))) return;
      continue;
    }
    if (what.checkpoint <= read_to_) continue;
    const bool same = what.checkpoint == heard_.checkpoint;
    heard_ = {what.checkpoint, same ? heard_.place + 1 : 0};
    if (!put(what, heard_)) return;
  }
  if (live_->ended()) {
    if (live_->overflowed()) return drop("the reader does not keep up with the run");
    return finish();  // the engine stops
  }
  if (finished_ && !follow_) ask_end();
}

bool run_watch::put(const history_event& event, event_position at) {
  finished_ = ends_run(event.kind);
  if (at <= position_) return true;
  position_ = at;
  json data = to_json(event, at.place);
  data["run"] = run_.str();
  return written(to_->event(event_id(at.checkpoint, at.place), event.kind, data));
}

bool run_watch::written(std::size_t bytes) {
  if (bytes == 0) {
    drop("the reader does not take what is written");
    return false;
  }
  unsent_ += bytes;
  if (unsent_ < portion_bytes) return true;
  unsent_ = 0;
  draining_ = true;
  to_->when_drained([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->draining_ = false;
    self->served_by_->wake(self);
  });
  return false;
}

void run_watch::beat() {
  if (phase_ != phase::over && !draining_) to_->beat();
}

void run_watch::drop(std::string_view reason) {
  to_->event("", "dropped", {{"reason", reason}});
  finish();
}

void run_watch::finish() {
  if (std::exchange(phase_, phase::over) == phase::over) return;
  live_.reset();
  to_->close();
  served_by_->remove(shared_from_this());
}

}  // namespace pawl::server
