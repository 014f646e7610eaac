#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace pawl::server {

/// Requests in a long wait. They are answered early when the server stops or the client
/// disconnects. Safe for concurrent use.
class waiting_calls {
 public:
  /// Adds a request and returns its id. `end` answers the request early; it is called at most once,
  /// without a lock. If the server is already stopping, calls it immediately and returns 0.
  [[nodiscard]] std::uint64_t add(std::function<void()> end) {
    {
      const std::lock_guard lock{mutex_};
      if (!stopping_) {
        waiting_.emplace(++last_, std::move(end));
        return last_;
      }
    }
    end();
    return 0;
  }
  void remove(std::uint64_t id) {
    std::function<void()> removed;  // destroyed without the lock
    const std::lock_guard lock{mutex_};
    const auto found = waiting_.find(id);
    if (found == waiting_.end()) return;
    removed = std::move(found->second);
    waiting_.erase(found);
  }
  /// Ends a request if it has not been ended or removed.
  void end(std::uint64_t id) {
    std::function<void()> answer;
    {
      const std::lock_guard lock{mutex_};
      const auto found = waiting_.find(id);
      if (found == waiting_.end()) return;
      answer = std::move(found->second);
      waiting_.erase(found);
    }
    answer();
  }
  void end_all() {
    std::map<std::uint64_t, std::function<void()>> all;
    {
      const std::lock_guard lock{mutex_};
      stopping_ = true;
      all.swap(waiting_);
    }
    for (const auto& each : all) each.second();
  }

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, std::function<void()>> waiting_;
  std::uint64_t last_ = 0;
  bool stopping_ = false;
};

}  // namespace pawl::server
