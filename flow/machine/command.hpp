#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <pawl/function.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/time.hpp>

#include "flow/machine/state.hpp"

/// What can be asked of a run. What chance or a clock decides comes in with the command, so that
/// the state machine needs neither.
namespace pawl::flow {

/// Brings a run to life. Legal only as its first command.
struct start_command {
  run_key key;
  flow_version_id flow;
  json input = json::object();
  json metadata = json::object();
  std::optional<run_id> restarted_from;
  std::uint64_t fingerprint = 0;      ///< see `run_state::start_fingerprint`
  std::optional<run_id> parent = {};  ///< the run that waits for this one, of the same scope
  std::uint32_t depth = 0;            ///< how many runs this one is inside of
  std::optional<trace_context> trace = {};
};

/// A step's function returned `value`, or an error. The first four say which call it is of: no two
/// calls of a run have them in common. A worker's lease says it alone.
struct step_outcome_command {
  token_id token = 0;
  std::string node;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  result<json> value = json{};
  time_point began_at{};
  time_point ended_at{};
  /// The function returned `step.interrupt(…)`: `value` is not looked at.
  std::optional<interruption> interrupted = {};
  double random = 0.5;  ///< from 0 to below 1: decides the jitter of a wait before the next attempt
  std::uint64_t lease = 0;  ///< of the worker that made the call; 0: it was made in the process
  bool retryable = true;    ///< false: of a failure that no retry policy is to try again
};

/// A call is to be made by a worker: it goes into a queue.
struct enqueue_task_command {
  token_id token = 0;
  std::string node;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  std::string queue;
  std::string code_ref;
};

/// The run that a token waits for is there, also after a crash: from now on its end is all that is
/// waited for.
struct child_started_command {
  token_id token = 0;
  run_id child;  ///< no two calls have one in common
};

/// A worker takes a call out of its queue. The transition's `invoke_effect` says all about it.
struct lease_command {
  token_id token = 0;
  std::string code_ref;  ///< of the call
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  std::uint64_t lease = 0;  ///< not 0, and never given before
  std::string worker;
  std::chrono::milliseconds lease_time{0};
  std::chrono::milliseconds default_timeout{0};  ///< of a node that names none; 0: none
};

/// Nothing was heard for too long from the worker that has this lease, or it gives the task back.
struct lease_lost_command {
  token_id token = 0;
  std::uint64_t lease = 0;
  double random = 0.5;
  bool given_back = false;  ///< the call was not begun, or did nothing: no worker was lost
};

/// A call of a step that must not run twice was under way when its process ended: nobody knows
/// whether it took effect.
struct in_doubt_command {
  token_id token = 0;
  std::string node;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
};

/// The moment that a run was to be woken at has come.
struct timer_command {
  double random = 0.5;  ///< as in `step_outcome_command`
};

/// Goes on where the last transition reached its budget.
struct advance_command {};

/// Ends the run as cancelled.
struct cancel_command {
  std::optional<run_status>
      if_status;  ///< compare-and-set: a run in another status is a `conflict`
  std::string reason;
};

/// Brings a failed run back to its last checkpoint.
struct retry_command {
  std::optional<run_status> if_status;
  std::string reason;
};

/// Lets the run rest: no node begins any more, and when the functions that are under way have
/// returned, the run is paused.
struct pause_command {
  std::optional<run_status> if_status;
  std::string reason;
};

/// Lets a run that is paused, or is about to be, go on; answers a question that it asks.
struct resume_command {
  std::optional<run_status> if_status;
  std::string reason;
  /// Top-level keys of the data with new values, set before. Only for a run that is paused.
  json update = json::object();
  /// Answers the question of this id; without an id the only one there is.
  std::string question = {};
  std::optional<json> answer = {};
};

/// Sets top-level keys of the data of a run that is paused or failed. Branches that have written a
/// key keep their own value of it.
struct set_data_command {
  std::optional<run_status> if_status;
  std::string reason;
  json update = json::object();
};

/// Sends the run something that a node of type `signal` takes up: at once if one waits for it, else
/// when one comes to wait. Legal in a run that is running or paused.
struct signal_command {
  std::string type;
  json payload;
  std::string id;  ///< a signal whose id has come before changes nothing; empty: none
};

/// Ends the run as failed for a reason that lies outside of its flow.
struct quarantine_command {
  std::string reason;
};

using command =
    std::variant<start_command, step_outcome_command, enqueue_task_command, child_started_command,
                 lease_command, lease_lost_command, in_doubt_command, timer_command,
                 advance_command, cancel_command, retry_command, pause_command, resume_command,
                 set_data_command, signal_command, quarantine_command>;

/// "start", "cancel", …: for messages.
[[nodiscard]] std::string_view name_of(const command& c) noexcept;

}  // namespace pawl::flow
