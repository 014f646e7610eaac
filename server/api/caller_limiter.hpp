#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace pawl::server {

/// Limits the number of concurrent resources of one kind per caller. Safe for concurrent use. Slots
/// may outlive the limiter.
class caller_limiter {
 public:
  explicit caller_limiter(std::size_t limit) : limit_(limit) {}

  /// Acquires a slot for the caller; null at the limit. Releasing the last reference frees the
  /// slot.
  [[nodiscard]] std::shared_ptr<void> acquire(const std::string& caller) {
    const std::lock_guard lock{used_->mutex};
    auto& count = used_->by_caller[caller];
    if (count >= limit_) return nullptr;
    ++count;
    // The pointer itself is never dereferenced.
    return {used_.get(), [used = used_, caller](void*) { used->release(caller); }};
  }
  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

 private:
  struct table {
    void release(const std::string& caller) {
      const std::lock_guard lock{mutex};
      const auto found = by_caller.find(caller);
      if (--found->second == 0) by_caller.erase(found);
    }

    std::mutex mutex;
    std::map<std::string, std::size_t> by_caller;  ///< only callers with slots
  };

  const std::size_t limit_;
  const std::shared_ptr<table> used_ = std::make_shared<table>();
};

}  // namespace pawl::server
