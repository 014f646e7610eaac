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

std::optional<live_event> subscription::try_next() {
  const std::lock_guard lock{mutex_};
  if (events_.empty()) return std::nullopt;
  live_event first = std::move(events_.front());
  events_.pop_front();
  return first;
}

void subscription::on_event(std::function<void()> notify) {
  auto shared = std::make_shared<const std::function<void()>>(std::move(notify));
  {
    const std::lock_guard lock{mutex_};
    notify_ = shared;
    if (events_.empty() && !ended_) return;
  }
  (*shared)();
}

bool subscription::ended() const {
  const std::lock_guard lock{mutex_};
  return ended_ && events_.empty();
}

bool subscription::overflowed() const {
  const std::lock_guard lock{mutex_};
  return overflowed_;
}

bool subscription::matches(const live_event& what) const noexcept {
  if (of_.scope.empty()) return what.what.checkpoint == 0;
  return what.run.scope == of_.scope && (of_.id.empty() || what.run.id == of_.id);
}

void subscription::push(const live_event& what) {
  if (!matches(what)) return;
  std::shared_ptr<const std::function<void()>> notify;
  {
    const std::lock_guard lock{mutex_};
    if (ended_) return;
    if (events_.empty() || events_.size() == capacity_) notify = notify_;
    if (events_.size() == capacity_) {
      ended_ = overflowed_ = true;
    } else {
      events_.push_back(what);
    }
    changed_.notify_all();
  }
  if (notify) (*notify)();
}

void subscription::end() {
  std::shared_ptr<const std::function<void()>> notify;
  {
    const std::lock_guard lock{mutex_};
    if (ended_) return;
    ended_ = true;
    notify = notify_;
    changed_.notify_all();
  }
  if (notify) (*notify)();
}

}  // namespace pawl
