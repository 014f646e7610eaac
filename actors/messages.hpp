#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <pawl/flow.hpp>
#include <pawl/flow_numbers.hpp>
#include <pawl/run.hpp>
#include <pawl/worker.hpp>

#include "actors/child_end.hpp"
#include "actors/ended_run.hpp"
#include "actors/executor.hpp"
#include "actors/flow_heads.hpp"
#include "actors/mail.hpp"
#include "actors/reply.hpp"
#include "flow/machine/command.hpp"
#include "flow/machine/machine.hpp"
#include "flow/machine/transition.hpp"
#include "persistence/journal.hpp"
#include "persistence/keys.hpp"
#include "persistence/run_recorder.hpp"
#include "persistence/store.hpp"

/// The messages between the actors. All actors are in one process: messages carry pointers and are
/// never serialized.
namespace pawl::actors {

/// What a command did to a run.
struct command_done {
  run_summary run;
  std::optional<run_status> before = {};  ///< none: the command created the run
  bool changed = true;                    ///< false: a repeat of an earlier command
  /// Of the repeated start of a child run: it ended for an earlier attempt and cannot be resumed.
  bool over = false;
  bool pausing = false;                                   ///< the run pauses soon
  std::shared_ptr<flow::invoke_effect> leased = nullptr;  ///< the call that a worker has leased
  std::vector<std::string> warnings = {};                 ///< see `run_changed::warnings`
};

/// To the directory, which forwards it to the run's actor.
struct run_command {
  run_key key;
  std::shared_ptr<flow::command> what;
  reply<command_done> answer;
  /// Refuses the command if the run's last checkpoint is another one.
  std::optional<std::uint64_t> if_checkpoint = {};
  wanted_version version = {};  ///< of a start
  std::string by = {};          ///< who sends it, for the history; may be empty
};

/// To the directory: answer when the run has finished, `timed_out` at the deadline, or `cancelled`
/// when the caller withdraws it.
struct wait_finished {
  run_key key;
  std::optional<caf::actor_clock::time_point> deadline;
  reply<ended_run> answer;
  std::stop_token withdrawn = {};
};
/// The directory to itself: the caller of this wait is gone.
struct wait_withdrawn {
  std::uint64_t wait = 0;
};

/// To the directory: load this unfinished run and resume it.
struct recover_run {
  run_key key;
  reply<void> done;
};

/// To a run's actor: load the run and resume it.
struct activate_run {
  reply<void> done;
};

/// From the executor to a run's actor.
struct step_done {
  flow::token_id token = 0;
  std::string node;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  std::shared_ptr<outcome> result;
};

/// To a run's actor: the answer to the start of a run that one of its tokens waits for.
struct child_answered {
  flow::token_id token = 0;
  std::string node;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  run_id child;
  time_point asked_at{};
  std::shared_ptr<result<command_done>> how;
};

/// To the directory, which forwards it to the parent's actor: a run that it started has ended.
struct child_ended {
  run_key parent;
  run_id child;
  reply<void> done;
  std::shared_ptr<const child_end> end = nullptr;  ///< null: it is in the store
};
/// To the directory, which forwards it to the run's actor: the parent does not wait for it now.
/// What becomes of the run is in the index of orphaned runs.
struct child_orphaned {
  run_key child;
  reply<void> done;
};
/// To the directory, which forwards it to the parent's actor: a run that it started, and that had
/// failed, runs again.
struct child_resumed {
  run_key parent;
  run_id child;
  reply<void> done;
};

/// To an actor that has asked the loader for something: what to do with the answer.
struct load_answered {
  std::function<void()> then;
};

/// To every actor that sends to runs, before any other message: the shards of the directory.
struct set_shards {
  std::vector<caf::actor> all;
};
/// The shard that is responsible for a run.
[[nodiscard]] inline const caf::actor& shard_of(const std::vector<caf::actor>& shards,
                                                const run_key& key) {
  return shards[std::hash<run_key>{}(key) % shards.size()];
}

/// A run's actor to itself: the time that it lingers is over.
struct linger_over {
  std::uint64_t received = 0;  ///< messages from the directory when the time began
};
/// To a run's actor: the place that the call of a token waited for is taken. The token may have
/// moved on meanwhile.
struct place_taken {
  flow::token_id token = 0;
};
/// A run's actor to itself: perform this effect, which was not possible before.
struct retry_effect {
  std::shared_ptr<flow::effect> effect;
};

/// From a run's actor to the directory: it has nothing to do.
struct run_idle {
  run_key key;
  std::uint64_t received = 0;  ///< messages from the directory; it may have sent more since
  bool resumed = false;        ///< false: unfinished work was not resumed
  /// The run as it is now, with its state if it has finished; an error if there is no such run or
  /// it could not be loaded.
  std::shared_ptr<const result<ended_run>> run;
};

/// The directory to itself: check the deadlines of those who wait.
struct check_deadlines_due {};
/// The directory to itself: the back-off is over, start the run's actor again.
struct restart_run {
  run_key key;
};

/// To the persister. Answered with `committed` or `commit_failed`.
struct commit {
  std::shared_ptr<const persistence::batch> writes;
  std::optional<persistence::journal_entry> entry = {};  ///< the transition that is written
};
struct committed {};
struct commit_failed {
  std::shared_ptr<const error> reason;
};

/// From a run's actor to the timer, when it is durable: the run's next timers have changed.
struct timer_changed {
  run_key key;
  flow::due_times before;
  flow::due_times after;
};
/// The timer to itself: a run has handled its timer.
struct timer_handled {
  /// The run could not take it: it is set again later.
  std::optional<timer_changed> again = {};
};
/// To the timer: a timer of a step was started that is due before all others of steps.
struct step_timer_started {};
/// The timer to itself: fire the timers that are due.
struct poll_due {
  std::uint64_t number = 0;
};

/// From a run's actor to the dispatcher, when it is durable: the run's tasks have changed.
struct tasks_changed {
  run_key key;
  persistence::task_changes tasks;
};
/// To the dispatcher: a worker asks for tasks.
struct poll_tasks {
  scope_name scope;
  task_poll wanted;
  reply<std::vector<worker_task>> answer;
  std::stop_token withdrawn = {};
  /// Of tasks that the worker has ended: each is a `flow::step_outcome_command`.
  std::vector<run_command> outcomes = {};
};
/// The dispatcher to itself: the caller of this poll is gone.
struct poll_withdrawn {
  std::uint64_t poll = 0;
};
/// To the dispatcher: a worker extends its lease, and may report progress and log lines.
struct heartbeat_task {
  persistence::keys::task_key key;
  std::uint64_t lease = 0;
  std::optional<double> progress;
  std::vector<task_log_line> lines;
  reply<task_heartbeat> answer;
};
/// To the dispatcher.
struct describe_workers {
  scope_name scope;
  reply<worker_overview> answer;
};
/// The dispatcher to itself: a run has answered whether a worker gets its task.
struct lease_answered {
  std::uint64_t poll = 0;
  persistence::keys::task_key task;
  std::uint64_t lease = 0;
  std::shared_ptr<result<command_done>> run;
};
/// The dispatcher to itself: a run has answered the outcome that came with a poll.
struct outcome_answered {
  std::uint64_t poll = 0;
  run_key run;
  std::uint64_t lease = 0;  ///< offered for the run's next task; 0: none was
  bool is_recorded = true;
  std::shared_ptr<flow::invoke_effect> leased = nullptr;  ///< the next task; null: none
  flow_version_id version = {};                           ///< of the run
};
/// The dispatcher to itself: the run has recorded that this lease is over.
struct lease_closed {
  persistence::keys::task_key key;
  std::uint64_t lease = 0;
};
/// The dispatcher to itself: check for leases and polls whose time is over.
struct check_leases {};

/// The persister to itself: write all pending commits.
struct write_group {};

/// From the persister to the syncer: this group is written; sync it and notify the senders.
struct group_written {
  std::shared_ptr<const persistence::view> view;
  std::shared_ptr<std::vector<caf::strong_actor_ptr>> senders;
};
/// The syncer to itself.
struct sync_groups {};

/// The supervisor to itself: the last page of unfinished runs is loaded, load the next.
struct recover_next_page {};

/// To the supervisor: stop all actors in order. Answered when they have ended.
struct stop_request {
  reply<void> done;
};

/// From the supervisor to the other actors and from the directory to its runs: end as soon as all
/// commits are durable.
struct shutdown_run {};

/// Flow definitions, to the catalog.
struct put_flow_request {
  scope_name scope;
  std::shared_ptr<const json> definition;
  put_flow_options options;
  struct done {
    flow_version_id id;
    bool created = true;
    std::vector<diagnostic> warnings;
  };
  reply<done> answer;
};
struct publish_flow_request {
  scope_name scope;
  flow_version_id id;
  reply<void> answer;
};
/// Gives numbers to versions, and changes those that they have.
struct number_flows_request {
  scope_name scope;
  std::vector<flow_numbers_change> changes;
  reply<std::vector<flow_numbers>> answer;
};
/// Does not check whether runs use the flow.
struct delete_flow_request {
  scope_name scope;
  flow_name name;
  reply<void> answer;
};

}  // namespace pawl::actors

#define PAWL_LOCAL_MESSAGE(type) PAWL_MESSAGE_TYPE(pawl::actors::type)
PAWL_MESSAGE_TYPES_BEGIN
PAWL_LOCAL_MESSAGE(run_command)
PAWL_LOCAL_MESSAGE(wait_finished)
PAWL_LOCAL_MESSAGE(wait_withdrawn)
PAWL_LOCAL_MESSAGE(recover_run)
PAWL_LOCAL_MESSAGE(activate_run)
PAWL_LOCAL_MESSAGE(step_done)
PAWL_LOCAL_MESSAGE(child_answered)
PAWL_LOCAL_MESSAGE(child_ended)
PAWL_LOCAL_MESSAGE(child_orphaned)
PAWL_LOCAL_MESSAGE(child_resumed)
PAWL_LOCAL_MESSAGE(load_answered)
PAWL_LOCAL_MESSAGE(set_shards)
PAWL_LOCAL_MESSAGE(linger_over)
PAWL_LOCAL_MESSAGE(place_taken)
PAWL_LOCAL_MESSAGE(retry_effect)
PAWL_LOCAL_MESSAGE(run_idle)
PAWL_LOCAL_MESSAGE(check_deadlines_due)
PAWL_LOCAL_MESSAGE(restart_run)
PAWL_LOCAL_MESSAGE(commit)
PAWL_LOCAL_MESSAGE(committed)
PAWL_LOCAL_MESSAGE(commit_failed)
PAWL_LOCAL_MESSAGE(write_group)
PAWL_LOCAL_MESSAGE(timer_changed)
PAWL_LOCAL_MESSAGE(timer_handled)
PAWL_LOCAL_MESSAGE(step_timer_started)
PAWL_LOCAL_MESSAGE(poll_due)
PAWL_LOCAL_MESSAGE(tasks_changed)
PAWL_LOCAL_MESSAGE(poll_tasks)
PAWL_LOCAL_MESSAGE(poll_withdrawn)
PAWL_LOCAL_MESSAGE(heartbeat_task)
PAWL_LOCAL_MESSAGE(describe_workers)
PAWL_LOCAL_MESSAGE(lease_answered)
PAWL_LOCAL_MESSAGE(outcome_answered)
PAWL_LOCAL_MESSAGE(lease_closed)
PAWL_LOCAL_MESSAGE(check_leases)
PAWL_LOCAL_MESSAGE(group_written)
PAWL_LOCAL_MESSAGE(sync_groups)
PAWL_LOCAL_MESSAGE(recover_next_page)
PAWL_LOCAL_MESSAGE(stop_request)
PAWL_LOCAL_MESSAGE(shutdown_run)
PAWL_LOCAL_MESSAGE(put_flow_request)
PAWL_LOCAL_MESSAGE(publish_flow_request)
PAWL_LOCAL_MESSAGE(delete_flow_request)
PAWL_LOCAL_MESSAGE(number_flows_request)
PAWL_MESSAGE_TYPES_END
#undef PAWL_LOCAL_MESSAGE
