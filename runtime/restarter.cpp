#include "runtime/restarter.hpp"

#include <algorithm>
#include <utility>

namespace pawl {
namespace {

bool can_end_at_any_time(const error& why) {
  return why.type == "standby" || why.type == "no_standby" || why.type == "unreachable";
}

}  // namespace

restarter::restarter(waits between, std::function<result<void>()> attempt)
    : between_(between), attempt_(std::move(attempt)), thread_([this] { work(); }) {}

void restarter::failed() {
  const std::lock_guard lock{mutex_};
  failed_ = true;
  changed_.notify_all();
}

void restarter::end() {
  {
    const std::lock_guard lock{mutex_};
    ended_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void restarter::work() {
  using clock = std::chrono::steady_clock;
  std::unique_lock lock{mutex_};
  auto wait = std::chrono::milliseconds{0};
  auto right_since = clock::now();
  while (true) {
    changed_.wait(lock, [&] { return failed_ || ended_; });
    if (clock::now() - right_since > between_.longest) wait = std::chrono::milliseconds{0};
    auto next_wait = wait;
    for (bool is_right = false; !is_right;) {
      changed_.wait_for(lock, next_wait, [&] { return ended_; });
      if (ended_) return;
      failed_ = false;
      lock.unlock();
      const auto done = attempt_();
      lock.lock();
      is_right = done.has_value();
      if (!is_right && can_end_at_any_time(done.error())) {
        next_wait = short_wait;
        continue;
      }
      wait = wait.count() == 0 ? between_.first : std::min(wait * 2, between_.longest);
      next_wait = wait;
    }
    right_since = clock::now();
  }
}

}  // namespace pawl
