#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "cli/session.hpp"
#include "cli/target.hpp"
#include "cli/target/event_streams.hpp"
#include "cli/target/parked_check.hpp"

namespace pawl::cli {

/// Follows runs on a server through their event streams. Delivers each durable event once and in
/// order, and reconnects after a connection failure. Does not affect the runs. Not thread-safe.
class remote_follower {
 public:
  /// `from` must be the target for `access`.
  remote_follower(session& s, const server_access& access, target& from, watcher& shown,
                  const follow_options& how);

  void add(followed_run run);
  /// Adds a run that could not be started; it is not followed.
  void refuse(const run_id& id, error why) { result_.runs.emplace(id, std::move(why)); }
  [[nodiscard]] follow_result follow();

 private:
  using steady = std::chrono::steady_clock;

  struct state {
    run_id id;
    std::uint64_t checkpoint = 0;  ///< events up to here are skipped
    std::string last_id;           ///< of the last durable event
    parked_check check;
    steady::time_point retry_at{};
    std::chrono::milliseconds backoff{0};  ///< 0 after an event
    std::optional<steady::time_point> failing_since;
  };

  [[nodiscard]] std::optional<follow_end> stop_reason() const;
  void open_streams();
  void handle_updates();
  void handle_event(state& of, const stream_event& event);
  void handle_end(state& of, std::optional<error> failure);
  void collect_parked();
  void finish(const run_id& id, result<run_view> run);

  session& session_;
  target& from_;
  watcher& shown_;
  const follow_options& how_;
  event_streams streams_;
  std::map<std::string, state> runs_;  ///< unfinished, by ID
  std::deque<std::string> waiting_;    ///< those without an open stream
  std::optional<steady::time_point> deadline_;
  follow_result result_;
};

}  // namespace pawl::cli
