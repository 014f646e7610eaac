#include "server/live/live_streams.hpp"

#include <utility>
#include <vector>

namespace pawl::server {

live_streams::live_streams(std::chrono::milliseconds heartbeat_interval)
    : heartbeat_interval_(heartbeat_interval), thread_([this] { serve(); }) {}

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

void live_streams::serve() {
  auto next_heartbeat = std::chrono::steady_clock::now() + heartbeat_interval_;
  std::unique_lock lock{mutex_};
  while (!stopped_) {
    if (std::chrono::steady_clock::now() >= next_heartbeat) {
      next_heartbeat += heartbeat_interval_;
      const std::vector<std::shared_ptr<live_session>> all(sessions_.begin(), sessions_.end());
      lock.unlock();
      for (const auto& each : all) each->heartbeat();
      lock.lock();
    } else if (ready_.empty()) {
      changed_.wait_until(lock, next_heartbeat, [&] { return stopped_ || !ready_.empty(); });
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
