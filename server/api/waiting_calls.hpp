#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace pawl::server {

/// Requests in a long wait. They are answered early when the server stops, the client disconnects
/// or the caller loses its permission. Safe for concurrent use.
class waiting_calls {
 public:
  /// Adds a request and returns its id. `end` answers the request early; it is called at most once,
  /// without a lock. If the server is already stopping, calls it immediately and returns 0.
  /// `refuse_if_revoked` checks the caller's permission; without it, refuses the request and
  /// returns true. May be empty.
  [[nodiscard]] std::uint64_t add(std::function<void()> end,
                                  std::function<bool()> refuse_if_revoked = {}) {
    auto added = std::make_shared<entry>(std::move(end), std::move(refuse_if_revoked));
    {
      const std::lock_guard lock{mutex_};
      if (!stopping_) {
        waiting_.emplace(++last_, std::move(added));
        return last_;
      }
    }
    added->end_once();
    return 0;
  }
  void remove(std::uint64_t id) { static_cast<void>(take(id)); }
  /// Ends a request if it has not been ended or removed.
  void end(std::uint64_t id) {
    if (const auto ended = take(id)) ended->end_once();
  }
  /// Refuses and ends the requests whose callers have lost their permission.
  void end_revoked() {
    std::vector<std::shared_ptr<entry>> all;
    {
      const std::lock_guard lock{mutex_};
      all.reserve(waiting_.size());
      for (const auto& [id, each] : waiting_) all.push_back(each);
    }
    // A refused request is answered, so `end` only withdraws what it waits for.
    for (const auto& each : all)
      if (each->refuse_if_revoked && each->refuse_if_revoked()) each->end_once();
  }
  void end_all() {
    std::map<std::uint64_t, std::shared_ptr<entry>> all;
    {
      const std::lock_guard lock{mutex_};
      stopping_ = true;
      all.swap(waiting_);
    }
    for (const auto& each : all) each.second->end_once();
  }

 private:
  struct entry {
    entry(std::function<void()> ends, std::function<bool()> refuses)
        : end(std::move(ends)), refuse_if_revoked(std::move(refuses)) {}

    void end_once() {
      if (!ended.test_and_set()) end();
    }

    const std::function<void()> end;
    const std::function<bool()> refuse_if_revoked;
    std::atomic_flag ended;
  };

  [[nodiscard]] std::shared_ptr<entry> take(std::uint64_t id) {
    const std::lock_guard lock{mutex_};
    const auto found = waiting_.find(id);
    if (found == waiting_.end()) return nullptr;
    auto taken = std::move(found->second);
    waiting_.erase(found);
    return taken;
  }

  std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<entry>> waiting_;
  std::uint64_t last_ = 0;
  bool stopping_ = false;
};

}  // namespace pawl::server
