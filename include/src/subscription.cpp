#include <pawl/subscription.hpp>

namespace pawl {

std::optional<live_event> subscription::next(std::chrono::milliseconds timeout) {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, timeout, [&] { return ended_ || !events_.empty(); });
  if (events_.empty()) return std::nullopt;
  live_event first = std::move(events_.front());
  events_.pop_front();
  return first;
}

bool subscription::ended() const {
  const std::lock_guard lock{mutex_};
  return ended_ && events_.empty();
}

bool subscription::overflowed() const {
  const std::lock_guard lock{mutex_};
  return overflowed_;
}

void subscription::push(const live_event& what) {
  if (what.run.scope != of_.scope || (!of_.id.empty() && what.run.id != of_.id)) return;
  const std::lock_guard lock{mutex_};
  if (ended_) return;
  if (events_.size() == capacity_) {
    ended_ = overflowed_ = true;
  } else {
    events_.push_back(what);
  }
  changed_.notify_all();
}

void subscription::end() {
  const std::lock_guard lock{mutex_};
  ended_ = true;
  changed_.notify_all();
}

}  // namespace pawl
