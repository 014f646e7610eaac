#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <pawl/subscription.hpp>

namespace pawl::actors {

/// What subscribers to the jobs of a scope watch. No run has this id.
[[nodiscard]] run_key jobs_of(const scope_name& in);

/// The kind of the last event of a run. It is not stored: it says that the run is deleted.
inline constexpr std::string_view run_deleted_kind = "run_deleted";

/// Delivers live events of runs to subscribers. Without subscribers, publishing costs one atomic
/// read. The actor of a run publishes the run's events in the order of their checkpoints; log lines
/// and progress of steps come in between. A subscriber that is too slow is dropped with a notice,
/// so publishing never waits. Safe for concurrent use.
class event_hub {
 public:
  /// Subscribes to one run, to all runs of a scope (an empty run id), or to the log lines and
  /// progress of all steps (an empty scope). `capacity`: maximum number of unread events, at
  /// least 1.
  [[nodiscard]] std::shared_ptr<subscription> subscribe(run_key of, std::size_t capacity);

  /// Subscribes to the deletions of runs in all scopes, and to nothing else. Does not count as a
  /// subscriber of the other events.
  [[nodiscard]] std::shared_ptr<subscription> subscribe_to_deletions(std::size_t capacity);

  [[nodiscard]] bool has_subscribers() const noexcept {
    return count_.load(std::memory_order_relaxed) != 0;
  }
  /// Whether this run or its scope has a subscriber. If not, its stored events need not be
  /// published.
  [[nodiscard]] bool is_watched(const run_key& run);
  void publish(const live_event& what);
  /// Delivers the last event of a run, of the kind `run_deleted_kind`.
  void publish_deletion(const live_event& what);
  /// Delivers an event of a job, whose `run` is `jobs_of` its scope.
  void publish_job(const live_event& what);
  /// Ends all subscriptions.
  void close();

 private:
  using subscriptions = std::vector<std::weak_ptr<subscription>>;

  static bool has_ended(const std::weak_ptr<subscription>& watched);
  void push_to(const run_key& of, const live_event& what);
  static void push_to_all(const subscriptions& to, const live_event& what);
  /// Removes subscriptions that have ended. Takes time for each subscription, so it is called now
  /// and then only.
  void remove_ended();
  void count_use();

  std::atomic<std::size_t> count_{0};     ///< subscriptions, including some that have ended
  std::atomic<std::size_t> watching_{0};  ///< of these, those of a run or a scope
  std::mutex mutex_;                      ///< guards what follows
  std::unordered_map<run_key, subscriptions> subscribers_;  ///< by what they watch
  subscriptions deletions_;                                 ///< those of `subscribe_to_deletions`
  std::size_t uses_ = 0;                                    ///< since the last removal
  std::size_t kept_ = 0;                                    ///< by the last removal
};

}  // namespace pawl::actors
