#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "cli/session.hpp"
#include "cli/target.hpp"
#include "cli/target/event_streams.hpp"

namespace pawl::cli {

/// Follows runs of a server by their event streams: every event once and in order, also over
/// connections that break. What the runs do goes on whoever looks. One thread.
class remote_follower {
 public:
  /// `from`: the target that `access` leads to.
  remote_follower(session& s, const server_access& access, target& from, watcher& shown,
                  const follow_options& how);

  void add(followed_run run);
  [[nodiscard]] follow_result follow();

 private:
  using steady = std::chrono::steady_clock;

  struct state {
    run_id id;
    std::uint64_t checkpoint = 0;  ///< what is up to here was known before
    std::string last_id;           ///< of the last event that was told
    bool look = false;             ///< it may be parked: to be looked at
    steady::time_point retry_at{};
    std::chrono::milliseconds pause{0};  ///< before it was tried again; 0: something came since
    std::optional<steady::time_point> troubled_since;
  };

  [[nodiscard]] std::optional<follow_end> asked_to_stop() const;
  void open_more();
  void take_arrivals();
  void take_event(state& of, const stream_event& event);
  void take_end(state& of, std::optional<error> failure);
  void take_parked();
  void finish(const run_id& id, result<run_view> run);

  session& session_;
  target& from_;
  watcher& shown_;
  const follow_options& how_;
  event_streams streams_;
  std::map<std::string, state> runs_;  ///< followed, by id
  std::deque<std::string> waiting_;    ///< those of them that have no stream
  std::optional<steady::time_point> deadline_;
  follow_result result_;
};

}  // namespace pawl::cli
