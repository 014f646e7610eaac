#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "cli/session.hpp"
#include "cli/target.hpp"
#include "cli/view/watcher.hpp"

namespace pawl::cli {

/// Follows runs to their ends and tells a watcher everything that happens in them, exactly once
/// and in order, also when there is more than its subscription holds. Used by one thread, besides
/// the engine's, which hand in the ends of runs, and one that stops the engine while the first
/// tells what still happens.
class follower {
 public:
  /// `only`: the one run to follow; none for several. Make it before a run is started, so that
  /// nothing is missed.
  follower(session& s, engine& source, scope in, watcher& shown, std::optional<run_id> only);

  /// A further run to follow.
  void add(followed_run run);

  /// Wakes the runs and follows them until in none of them anything happens by itself (it has
  /// ended, is paused or waits for a signal), or until a signal to this process, `timeout` or the
  /// output's end stops the engine: then what is under way is let finish, and told.
  [[nodiscard]] follow_result follow(std::optional<std::chrono::milliseconds> timeout);

 private:
  struct state {
    followed_run run;
    std::uint64_t last = 0;   ///< the last checkpoint of which something was told
    std::size_t told_of = 0;  ///< how many of its events
    bool ended = false;       ///< its last event was told
    bool look = false;        ///< it may be parked: to be looked at
  };
  /// Where the engine's threads put the runs that ended.
  struct inbox {
    std::mutex mutex;
    std::condition_variable filled;
    std::deque<std::pair<run_id, result<run_view>>> ended;
  };

  void wake_more();
  void take(const live_event& e);
  void take_events(std::chrono::milliseconds wait);
  void catch_up(state& s);
  void take_ends();
  void take_parked();
  [[nodiscard]] std::optional<follow_end> asked_to_stop(
      std::optional<std::chrono::steady_clock::time_point> deadline) const;
  void stop_engine(follow_end why);
  void tell_while_stopping(follow_end why, const std::atomic<bool>& stopped);

  session& session_;
  engine& engine_;
  const scope in_;  ///< where in the engine the runs are
  watcher& shown_;
  const std::optional<run_id> only_;
  std::shared_ptr<subscription> events_;
  std::shared_ptr<inbox> inbox_ = std::make_shared<inbox>();
  std::map<run_id, state> runs_;  ///< not ended yet
  std::deque<run_id> asleep_;     ///< those of them that were not woken yet
  bool stopping_ = false;         ///< we asked the engine to stop
  follow_result result_;
};

/// The history of a run from checkpoint `first` on, all pages of it. Errors: as
/// `scope_runs::history`.
[[nodiscard]] result<std::vector<history_event>> whole_history(const scope& of, const run_id& id,
                                                               std::uint64_t first = 1);

}  // namespace pawl::cli
