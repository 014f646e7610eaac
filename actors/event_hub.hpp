#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include <pawl/subscription.hpp>

namespace pawl::actors {

/// Hands what happens in runs to those who watch. Publishing costs one atomic read while nobody
/// does, and nothing for those who watch other runs. Each run's events are published by its actor
/// in the order of their durable sequence, the log lines and progress of its steps in between as
/// they come. A subscriber that does not keep up is dropped with a notice; nobody ever waits for
/// it. Safe for concurrent use.
class event_hub {
 public:
  /// Watches one run, all runs of a scope (an empty run id), or what the steps of all runs say (an
  /// empty scope). `capacity`: events kept for a subscriber that is not reading, at least 1.
  [[nodiscard]] std::shared_ptr<subscription> subscribe(run_key of, std::size_t capacity);

  [[nodiscard]] bool has_subscribers() const noexcept {
    return count_.load(std::memory_order_relaxed) != 0;
  }
  /// Whether somebody watches this run or its scope: else its stored events need not be published.
  [[nodiscard]] bool is_watched(const run_key& run);
  void publish(const live_event& what);
  /// Ends all subscriptions.
  void close();

 private:
  using watchers = std::vector<std::weak_ptr<subscription>>;

  static bool is_gone(const std::weak_ptr<subscription>& watched);
  void push_to(const run_key& of, const live_event& what);
  /// Those that are gone are looked for now and then only: that takes all of them.
  void forget_the_gone();
  void count_use();

  std::atomic<std::size_t> count_{0};     ///< subscriptions, those that are gone since among them
  std::atomic<std::size_t> watching_{0};  ///< those of a run or a scope
  std::mutex mutex_;                      ///< guards what follows
  std::unordered_map<run_key, watchers> subscribers_;  ///< by what they watch
  std::size_t uses_ = 0;                               ///< since the last look
  std::size_t kept_ = 0;                               ///< by the last look
};

}  // namespace pawl::actors
