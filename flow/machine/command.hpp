#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <pawl/function.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/run_attributes.hpp>
#include <pawl/time.hpp>

#include "flow/machine/delta.hpp"
#include "flow/machine/state.hpp"

/// The commands of a run. Random numbers and times come with the command, so the state machine
/// depends on its arguments alone.
namespace pawl::flow {

/// Starts a run. Legal only as its first command.
struct start_command {
  run_key key;
  flow_version_id flow;
  json input = json::object();
  json metadata = json::object();
  std::optional<run_id> restarted_from;
  std::uint64_t fingerprint = 0;      ///< see `run_state::start_fingerprint`
  std::optional<run_id> parent = {};  ///< the run that waits for this one, in the same scope
  std::uint32_t depth = 0;            ///< number of runs that this one is nested in
  std::uint32_t parent_attempt = 0;   ///< the attempt of the parent's visit that starts it
  std::optional<trace_context> trace = {};
  std::string by = {};     ///< who starts it
  bool id_is_new = false;  ///< the id was made for this start: no run has it
  /// A fork: the run begins in this state of another run, instead of at the entry of its flow.
  /// `input` and `metadata` are those of the other run, and its flow version is the same.
  std::shared_ptr<const run_state> forked = {};
  json forked_data = json::object();  ///< of a fork: top-level keys of the data to set first
  attribute_map attributes = {};      ///< besides those that the flow computes
  bool paused = false;                ///< it is created paused, before its first node
};

/// Who holds a lease, and for how long.
struct lease_terms {
  std::uint64_t lease = 0;  ///< not 0; never used before
  std::string worker;
  std::chrono::milliseconds lease_time{0};
  std::chrono::milliseconds default_timeout{0};  ///< of a node without a time-out; 0: none
};

/// The tasks that a worker takes after the one that it has completed.
struct next_task {
  std::string queue;
  std::shared_ptr<const std::vector<std::string>> functions;  ///< not null
  lease_terms terms;
};

/// A step's function returned `value`, or an error. The first four fields identify the call within
/// the run. For a task of a worker, the lease alone identifies it.
struct step_outcome_command {
  token_id token = 0;
  std::string node;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  result<json> value = json{};
  time_point began_at{};
  time_point ended_at{};
  /// The function returned `step.interrupt(…)`; `value` is ignored.
  std::optional<interruption> interrupted = {};
  double random = 0.5;      ///< in [0, 1): the jitter of the back-off before the next attempt
  std::uint64_t lease = 0;  ///< of the worker that made the call; 0: made in the process
  bool retryable = true;    ///< false: a failure that no retry policy retries
  /// Leases the first such task that the outcome queues to the worker. The transition's
  /// `invoke_effect` with a lease describes the call.
  std::optional<next_task> next = {};
};

/// Puts a call into a task queue, from which a worker leases it.
struct enqueue_task_command {
  token_id token = 0;
  std::string node;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  std::string queue;
  std::string code_ref;
};

/// The child run that a token waits for is durable. From now on only its end is awaited.
struct child_started_command {
  token_id token = 0;
  run_id child;  ///< no two calls have the same
};

/// The child run that a token waits for ended for an earlier attempt and cannot be resumed: its
/// steps were compensated, or it was cancelled. The next child run of this visit takes its place.
struct replace_child_command {
  token_id token = 0;
  run_id child;
};

/// To a child run: an attempt of the visit that started it waits for it. If it has failed, it is
/// retried. An attempt that is not newer than the last one changes nothing.
struct adopt_command {
  std::uint32_t attempt = 0;
};

/// To a child run: its parent does not wait for it now. See `child_fate`. A halt by an attempt
/// older than the last one changes nothing.
struct abandon_command {
  child_fate fate = child_fate::cancel;
  std::uint32_t attempt = 0;
};

/// A call was under way when its process ended. It is made again.
struct restart_step_command {
  token_id token = 0;
  std::string node;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
};

/// Leases a queued call to a worker. The transition's `invoke_effect` describes the call.
struct lease_command {
  token_id token = 0;
  std::string code_ref;  ///< of the call
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  lease_terms terms;
};

/// A lease has expired without a heartbeat, or its worker has given the task back.
struct lease_lost_command {
  token_id token = 0;
  std::uint64_t lease = 0;
  double random = 0.5;
  bool given_back = false;  ///< the call had no effect: no worker was lost
};

/// A call of a step that runs at most once was under way when its process ended. Whether it took
/// effect is unknown.
struct in_doubt_command {
  token_id token = 0;
  std::string node;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
};

/// A timer of the run is due.
struct timer_command {
  double random = 0.5;  ///< as in `step_outcome_command`
};

/// Continues where the last transition reached its budget.
struct advance_command {};

/// Cancels the run, after its steps are compensated.
struct cancel_command {
  /// Compare-and-set: the command fails with `conflict` if the run has another status.
  std::optional<run_status> if_status;
  std::string reason;
};

/// Ends an unfinished run at once: it is cancelled, and its steps are not compensated.
struct terminate_command {
  std::optional<run_status> if_status;
  std::string reason;
};

/// Skips the compensation that a run is at, so that the earlier steps are compensated.
struct skip_command {
  std::optional<run_status> if_status;
  std::string reason;
  std::string node;  ///< the node whose compensation it is at
};

/// Resumes a failed run where it failed (also called redrive).
struct retry_command {
  std::optional<run_status> if_status;
  std::string reason;
};

/// Pauses the run. No new node starts; the run is paused when the functions under way have
/// returned.
struct pause_command {
  std::optional<run_status> if_status;
  std::string reason;
};

/// Resumes a run that is paused or pausing, and answers one of its questions.
struct resume_command {
  std::optional<run_status> if_status;
  std::string reason;
  /// Top-level keys of the data to set first. Only for a paused run.
  json update = json::object();
  /// Id of the question to answer; empty: the only open one.
  std::string question = {};
  std::optional<json> answer = {};
};

/// Sets top-level keys of the data of a paused or failed run. A branch that has written a key keeps
/// its own value.
struct set_data_command {
  std::optional<run_status> if_status;
  std::string reason;
  json update = json::object();
};

/// Sends a signal to a running or paused run. A node of type `signal` claims it: at once if one
/// waits for it, else when one starts to wait.
struct signal_command {
  std::string type;
  json payload;
  std::string id;  ///< deduplicates: a known id has no effect, ever; empty: no check
};

/// Fails a run for a reason outside its flow, such as repeated crashes of its actor.
struct quarantine_command {
  std::string reason;
};

using command =
    std::variant<start_command, step_outcome_command, enqueue_task_command, child_started_command,
                 lease_command, lease_lost_command, in_doubt_command, timer_command,
                 advance_command, cancel_command, retry_command, pause_command, resume_command,
                 set_data_command, signal_command, quarantine_command, replace_child_command,
                 adopt_command, abandon_command, restart_step_command, terminate_command,
                 skip_command>;

/// The name of a command for messages: "start", "cancel", …
[[nodiscard]] std::string_view name_of(const command& c) noexcept;

}  // namespace pawl::flow
