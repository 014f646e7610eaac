#include "server/live/pending_commands.hpp"

#include <utility>

namespace pawl::server {

void pending_commands::begin() {
  const std::lock_guard lock{mutex_};
  ++count_;
}

void pending_commands::end() {
  std::unique_lock lock{mutex_};
  if (--count_ > 0) return;
  const auto what = std::exchange(on_idle_, nullptr);
  lock.unlock();
  if (what) what();
}

void pending_commands::when_idle(std::function<void()> what) {
  std::unique_lock lock{mutex_};
  if (count_ > 0) {
    on_idle_ = std::move(what);
    return;
  }
  lock.unlock();
  what();
}

}  // namespace pawl::server
