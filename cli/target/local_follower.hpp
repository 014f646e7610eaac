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
#include "cli/target/parked_check.hpp"
#include "cli/view/watcher.hpp"

namespace pawl::cli {

/// Executes and follows runs of an engine in this process. Passes each durable event to a watcher
/// once and in order; after an overflow of the subscription it reads the missing events from the
/// history.
///
/// All members are used by one thread. Threads of the engine write only to the inbox; a temporary
/// thread stops the engine while the first one still shows events.
class local_follower {
 public:
  /// `only` is the run to follow, or empty for several. Construct before starting the runs, so that
  /// no event is missed.
  local_follower(session& s, engine& source, scope in, watcher& shown, std::optional<run_id> only);

  /// Adds a run to follow.
  void add(followed_run run);
  /// Adds a run that could not be started; it is not followed.
  void refuse(const run_id& id, error why) { result_.runs.emplace(id, std::move(why)); }

  /// Activates the runs and follows them until each has ended or is parked. A signal to the
  /// process, the timeout or closed output stops the engine; steps that finish until then are still
  /// shown.
  [[nodiscard]] follow_result follow(const follow_options& how);

 private:
  struct state {
    followed_run run;
    std::uint64_t last = 0;        ///< checkpoint of the last event shown
    std::size_t events_shown = 0;  ///< number of its events shown
    bool ended = false;            ///< its last event was shown
    parked_check check;
  };
  /// Ended runs, written by threads of the engine.
  struct inbox {
    std::mutex mutex;
    std::condition_variable filled;
    std::deque<std::pair<run_id, result<run_view>>> ended;
  };

  void activate_more();
  void handle_event(const live_event& e);
  void drain_events(std::chrono::milliseconds wait);
  void catch_up(state& s);
  void drain_ends();
  void collect_parked(bool until_question);
  [[nodiscard]] std::optional<follow_end> stop_reason(
      std::optional<std::chrono::steady_clock::time_point> deadline) const;
  void stop_engine(follow_end why);
  void show_until_stopped(follow_end why, const std::atomic<bool>& stopped);

  session& session_;
  engine& engine_;
  const scope in_;  ///< scope of the runs
  watcher& shown_;
  const std::optional<run_id> only_;
  std::shared_ptr<subscription> events_;
  std::shared_ptr<inbox> inbox_ = std::make_shared<inbox>();
  std::map<run_id, state> runs_;  ///< unfinished
  std::deque<run_id> inactive_;   ///< those not activated yet
  bool stopping_ = false;         ///< the engine is being stopped
  follow_result result_;
};

/// The complete history of a run from checkpoint `first` on. Errors: as `scope_runs::history`.
[[nodiscard]] result<std::vector<history_event>> read_history(const scope& of, const run_id& id,
                                                              std::uint64_t first = 1);

}  // namespace pawl::cli
