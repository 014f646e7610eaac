#include "server/live/live_streams.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace pawl::server {

namespace {

/// A caller whose key was removed is disconnected within a second.
constexpr std::chrono::milliseconds permission_interval{250};

}  // namespace

live_streams::live_streams(std::chrono::milliseconds heartbeat_interval,
                           std::function<void()> also_check)
    : heartbeat_interval_(heartbeat_interval),
      also_check_(std::move(also_check)),
      thread_([this] { serve(); }) {}

live_streams::~live_streams() {
  stop();
}

void live_streams::add(const std::shared_ptr<live_session>& session) {
  const std::lock_guard lock{mutex_};
  if (!stopped_) sessions_.insert(session);
}

void live_streams::remove(const std::shared_ptr<live_session>& session) {
  const std::lock_guard lock{mutex_};
  sessions_.erase(session);
  std::erase_if(timers_, [&](const auto& timer) {
    return !timer.second.owner_before(session) && !session.owner_before(timer.second);
  });
}

void live_streams::wake(const std::shared_ptr<live_session>& session) {
  // An already queued session will be pumped after this call: `serve` clears the flag before it
  // pumps.
  if (session->queued_.exchange(true)) return;
  const std::lock_guard lock{mutex_};
  if (stopped_) return;
  ready_.push_back(session);
  changed_.notify_one();
}

void live_streams::wake_at(std::chrono::steady_clock::time_point when,
                           const std::shared_ptr<live_session>& session) {
  const std::lock_guard lock{mutex_};
  if (!stopped_ && sessions_.contains(session)) timers_.emplace(when, session);
}

void live_streams::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  // Released without the lock, because ending sessions may call back.
  const auto sessions = [&] {
    const std::lock_guard lock{mutex_};
    return std::pair{std::exchange(sessions_, {}), std::exchange(ready_, {})};
  }();
}

template <class What>
void live_streams::each_session(std::unique_lock<std::mutex>& lock, What what) {
  std::vector<std::shared_ptr<live_session>> all(sessions_.begin(), sessions_.end());
  lock.unlock();
  for (const auto& each : all) what(*each);
  all.clear();  // without the lock, because a session may call back when it ends
  lock.lock();
}

void live_streams::serve() {
  using std::chrono::steady_clock;
  auto next_heartbeat = steady_clock::now() + heartbeat_interval_;
  auto next_check = steady_clock::now() + permission_interval;
  std::unique_lock lock{mutex_};
  while (!stopped_) {
    const auto now = steady_clock::now();
    if (now >= next_check) {
      next_check = now + permission_interval;
      each_session(lock, [](live_session& each) { each.check_permission(); });
      if (also_check_) {
        lock.unlock();
        also_check_();
        lock.lock();
      }
    } else if (now >= next_heartbeat) {
      next_heartbeat += heartbeat_interval_;
      each_session(lock, [](live_session& each) { each.heartbeat(); });
    } else if (!timers_.empty() && now >= timers_.begin()->first) {
      auto session = timers_.extract(timers_.begin()).mapped().lock();
      lock.unlock();
      if (session) wake(session);
      session.reset();
      lock.lock();
    } else if (ready_.empty()) {
      auto until = std::min(next_check, next_heartbeat);
      if (!timers_.empty()) until = std::min(until, timers_.begin()->first);
      changed_.wait_until(lock, until, [&] { return stopped_ || !ready_.empty(); });
    } else {
      auto session = std::move(ready_.front());
      ready_.pop_front();
      lock.unlock();
      session->queued_ = false;
      session->pump();
      session.reset();
      lock.lock();
    }
  }
}

}  // namespace pawl::server
