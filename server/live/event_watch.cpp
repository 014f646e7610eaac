#include "server/live/event_watch.hpp"

namespace pawl::server {
namespace {

/// Bytes written before the session waits for the sink to drain.
constexpr std::size_t batch_bytes = std::size_t{64} << 10;

}  // namespace

event_watch::event_watch(std::shared_ptr<live_streams> served_by, scope in,
                         std::unique_ptr<event_sink> to)
    : served_by_(std::move(served_by)), in_(std::move(in)), to_(std::move(to)) {}

void event_watch::begin() {
  served_by_->add(shared_from_this());
  served_by_->wake(shared_from_this());
}

void event_watch::stop() {
  gone_.request_stop();
  served_by_->wake(shared_from_this());
}

void event_watch::pump() {
  if (closed_) return;
  if (gone_.stop_requested()) return finish();
  if (!draining_) advance();
}

void event_watch::heartbeat() {
  if (!closed_ && !draining_) to_->heartbeat();
}

void event_watch::check_permission() {
  if (closed_ || !recheck_) return;
  const auto refused = recheck_();
  if (!refused) return;
  closed_ = true;
  live_.reset();
  to_->event("", "dropped", {{"reason", refused->detail}});
  to_->refuse(refused->detail);
  served_by_->remove(shared_from_this());
}

void event_watch::subscribe(std::shared_ptr<subscription> from) {
  live_ = std::move(from);
  wake_on(*live_);
}

std::function<void()> event_watch::waker() {
  return [weak = weak_from_this(), streams = served_by_] {
    if (const auto self = weak.lock()) streams->wake(self);
  };
}

void event_watch::wake_on(subscription& other) {
  other.on_event(waker());
}

void event_watch::advance_at(std::chrono::steady_clock::time_point when) {
  served_by_->wake_at(when, shared_from_this());
}

bool event_watch::can_continue(std::size_t written_bytes) {
  if (written_bytes == 0) {
    drop("the reader is too slow");
    return false;
  }
  unsent_ += written_bytes;
  if (unsent_ < batch_bytes) return true;
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
  if (std::exchange(closed_, true)) return;
  live_.reset();
  to_->close();
  served_by_->remove(shared_from_this());
}

}  // namespace pawl::server
