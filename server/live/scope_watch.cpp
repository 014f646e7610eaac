#include "server/live/scope_watch.hpp"

#include <utility>

#include "server/views.hpp"

namespace pawl::server {
namespace {

/// Transitions that are read from the journal together.
constexpr std::size_t journal_step = 200;
/// Events that are kept while nobody listens. What is beyond is read from the journal.
constexpr std::size_t max_heard = 1000;
/// Bytes that are written before the peer has to have taken them.
constexpr std::size_t journal_portion_bytes = std::size_t{64} << 10;

}  // namespace

scope_watch::scope_watch(std::shared_ptr<live_streams> served_by, scope in,
                         std::optional<journal_position> after, std::unique_ptr<event_sink> to)
    : served_by_(std::move(served_by)), in_(std::move(in)), to_(std::move(to)), position_(after) {}

void scope_watch::begin() {
  served_by_->add(shared_from_this());
  served_by_->wake(shared_from_this());
}

void scope_watch::stop() {
  gone_ = true;
  served_by_->wake(shared_from_this());
}

void scope_watch::listen() {
  live_ = in_.watch({}, max_heard);
  live_->on_event([weak = weak_from_this(), streams = served_by_] {
    if (const auto self = weak.lock()) streams->wake(self);
  });
}

void scope_watch::ask() {
  phase_ = phase::asking;
  heard_ = false;
  in_.events_async(position_, journal_step, [self = shared_from_this()](result<event_page> page) {
    {
      const std::lock_guard lock{self->mutex_};
      self->answered_ = std::move(page);
    }
    self->served_by_->wake(self);
  });
}

bool scope_watch::take_answer() {
  auto answer = [&] {
    const std::lock_guard lock{mutex_};
    return std::exchange(answered_, std::nullopt);
  }();
  if (!answer) return false;
  if (!*answer) {
    drop(answer->error().message);
    return false;
  }
  page_ = **std::move(answer);
  next_in_page_ = 0;
  phase_ = phase::writing;
  if (!page_.lost) return true;
  drop("what followed the last event that was read is not kept any more");
  return false;
}

void scope_watch::pump() {
  if (phase_ == phase::over) return;
  if (gone_) return finish();
  if (draining_) return;
  if (phase_ == phase::fresh) {
    listen();
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
    if (!written(to_->event(to_string(each.position), each.what.kind, data))) return false;
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
  while (const auto event = live_->try_next()) {
    if (event->what.checkpoint != 0) {
      heard_ = true;
      continue;
    }
    json data = to_json(event->what, 0);
    data["run"] = event->run.id.str();
    if (!written(to_->event("", event->what.kind, data))) return false;
  }
  if (!live_->ended()) return true;
  if (!live_->overflowed()) {
    finish();  // the engine stops
    return false;
  }
  listen();
  heard_ = true;
  return true;
}

bool scope_watch::written(std::size_t bytes) {
  if (bytes == 0) {
    drop("the reader does not take what is written");
    return false;
  }
  unsent_ += bytes;
  if (unsent_ < journal_portion_bytes) return true;
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

void scope_watch::beat() {
  if (phase_ != phase::over && !draining_) to_->beat();
}

void scope_watch::drop(std::string_view reason) {
  to_->event("", "dropped", {{"reason", reason}});
  finish();
}

void scope_watch::finish() {
  if (std::exchange(phase_, phase::over) == phase::over) return;
  live_.reset();
  to_->close();
  served_by_->remove(shared_from_this());
}

}  // namespace pawl::server
