#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include <pawl/subscription.hpp>

namespace pawl::actors {

/// Hands what happens in runs to those who watch. Publishing costs one atomic read while nobody
/// does. Each run's events are published by its actor in the order of their durable sequence, the
/// log lines and progress of its steps in between as they come. A subscriber that does not keep up
/// is dropped with a notice; nobody ever waits for it. Safe for concurrent use.
class event_hub {
 public:
  /// Watches one run, or all runs of a scope (an empty run id). `capacity`: events kept for a
  /// subscriber that is not reading, at least 1.
  [[nodiscard]] std::shared_ptr<subscription> subscribe(run_key of, std::size_t capacity);

  [[nodiscard]] bool has_subscribers() const noexcept {
    return count_.load(std::memory_order_relaxed) != 0;
  }
  void publish(const live_event& what);
  /// Ends all subscriptions.
  void close();

 private:
  std::atomic<std::size_t> count_{0};
  std::mutex mutex_;
  std::vector<std::weak_ptr<subscription>> subscribers_;
};

}  // namespace pawl::actors
