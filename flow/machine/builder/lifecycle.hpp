#pragma once

#include <string>

#include "flow/machine/builder/change_set.hpp"
#include "flow/machine/command.hpp"

namespace pawl::flow {

/// The status of a run: creation, pause, resume, and the times that go with them.
class lifecycle {
 public:
  explicit lifecycle(change_set& changes) : changes_(changes) {}

  /// Fills in a new run from its start command.
  void create(start_command&& start);
  /// Notes that this attempt of the parent's visit waits for the run.
  void adopt(std::uint32_t attempt);
  /// Sets the status, and `started_at`, `finished_at` and `frozen_at` as the status requires.
  void set_status(run_status status);

  /// Freezes the waits of the run. It is paused once nothing is under way; see `pause_if_idle`.
  void pause(const std::string& reason);
  /// Creates the run paused: nothing is under way yet.
  void hold();
  void resume(const std::string& reason);
  /// Pauses a pausing run in which nothing is under way.
  void pause_if_idle();
  /// Pauses a run that only an answer to an open question can move.
  void pause_if_asking();
  /// Continues a run that is paused because it asks: what it waits for besides the answer has
  /// happened.
  void wake();

  /// Stops the run's waits: no timer goes on while they are frozen.
  void freeze();
  /// Resumes the waits. Each has as much time left as before, except for timers that are set to a
  /// time on the wall clock.
  void thaw();

 private:
  change_set& changes_;
};

/// The detail of an event for which a caller may have given a reason.
[[nodiscard]] json reason_detail(const std::string& reason);

}  // namespace pawl::flow
