#include "actors/step_timers.hpp"

#include <algorithm>

namespace pawl::actors {

functions::call_timers::id step_timers::start(std::chrono::milliseconds duration,
                                              std::function<void()> what) {
  const time_point due = time_->now() + std::min(duration, max_duration);
  const std::lock_guard lock{mutex_};
  const id made = ++last_id_;
  const auto at = timers_.emplace(order{due, made}, std::move(what)).first;
  due_.emplace(made, due);
  if (at == timers_.begin() && on_earlier_) on_earlier_();
  return made;
}

void step_timers::cancel(id which) {
  std::function<void()> dropped;  // destroyed without the lock
  const std::lock_guard lock{mutex_};
  const auto known = due_.extract(which);
  if (known) dropped = std::move(timers_.extract({known.mapped(), which}).mapped());
}

void step_timers::on_earlier(std::function<void()> what) {
  const std::lock_guard lock{mutex_};
  on_earlier_ = std::move(what);
}

void step_timers::fire_due(time_point engine_now) {
  std::unique_lock lock{mutex_};
  while (!timers_.empty() && timers_.begin()->first.first <= engine_now) {
    auto due = timers_.extract(timers_.begin());
    due_.erase(due.key().second);
    lock.unlock();
    due.mapped()();
    due = {};
    lock.lock();
  }
}

std::optional<time_point> step_timers::next_due() const {
  const std::lock_guard lock{mutex_};
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first.first;
}

}  // namespace pawl::actors
