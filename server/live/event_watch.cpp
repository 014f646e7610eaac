#include "server/live/event_watch.hpp"

namespace pawl::server {
namespace {

/// Bytes that are written before the peer has to have taken them.
constexpr std::size_t portion_bytes = std::size_t{64} << 10;

}  // namespace

event_watch::event_watch(std::shared_ptr<live_streams> served_by, scope in,
                         std::unique_ptr<event_sink> to)
    : served_by_(std::move(served_by)), in_(std::move(in)), to_(std::move(to)) {}

void event_watch::begin() {
  served_by_->add(shared_from_this());
  served_by_->wake(shared_from_this());
}

void event_watch::stop() {
  gone_ = true;
  served_by_->wake(shared_from_this());
}

void event_watch::pump() {
  if (is_over_) return;
  if (gone_) return finish();
  if (!draining_) go_on();
}

void event_watch::beat() {
  if (!is_over_ && !draining_) to_->beat();
}

void event_watch::listen(std::shared_ptr<subscription> from) {
  live_ = std::move(from);
  live_->on_event([weak = weak_from_this(), streams = served_by_] {
    if (const auto self = weak.lock()) streams->wake(self);
  });
}

bool event_watch::written(std::size_t bytes) {
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

void event_watch::drop(std::string_view reason) {
  to_->event("", "dropped", {{"reason", reason}});
  finish();
}

void event_watch::finish() {
  if (std::exchange(is_over_, true)) return;
  live_.reset();
  to_->close();
  served_by_->remove(shared_from_this());
}

}  // namespace pawl::server
