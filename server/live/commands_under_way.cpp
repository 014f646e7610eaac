#include "server/live/commands_under_way.hpp"

#include <utility>

namespace pawl::server {

void commands_under_way::begin() {
  const std::lock_guard lock{mutex_};
  ++count_;
}

void commands_under_way::end() {
  std::unique_lock lock{mutex_};
  if (--count_ > 0) return;
  const auto what = std::exchange(waits_, nullptr);
  lock.unlock();
  if (what) what();
}

void commands_under_way::when_none(std::function<void()> what) {
  std::unique_lock lock{mutex_};
  if (count_ > 0) {
    waits_ = std::move(what);
    return;
  }
  lock.unlock();
  what();
}

}  // namespace pawl::server
