#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_clock.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <pawl/flow.hpp>
#include <pawl/run.hpp>
#include <pawl/worker.hpp>

#include "actors/ended_run.hpp"
#include "actors/executor.hpp"
#include "actors/reply.hpp"
#include "flow/machine/command.hpp"
#include "flow/machine/machine.hpp"
#include "flow/machine/transition.hpp"
#include "persistence/journal.hpp"
#include "persistence/keys.hpp"
#include "persistence/store.hpp"

/// What the actors say to each other. They live in one process: messages carry pointers and are
/// never serialized.
namespace pawl::actors {

/// What a command did to a run.
struct command_done {
  run_summary run;
  std::optional<run_status> before;                       ///< none: the command made the run
  bool changed = true;                                    ///< false: a repeated start found its run
  bool pausing = false;                                   ///< the run is about to be paused
  std::shared_ptr<flow::invoke_effect> leased = nullptr;  ///< the call that a worker has taken
};

/// To the directory, and from it to the run's actor.
struct run_command {
  run_key key;
  std::shared_ptr<flow::command> what;
  reply<command_done> answer;
  std::optional<std::uint64_t> if_checkpoint =
      {};  ///< refused if the run's last checkpoint is another
};

/// To the directory: tell me when the run is finished, or `timed_out` at the deadline.
struct wait_finished {
  run_key key;
  std::optional<caf::actor_clock::time_point> deadline;
  reply<ended_run> answer;
};

/// To the directory: bring this unfinished run back to life, and say so when it is.
struct recover_run {
  run_key key;
  reply<void> done;
};

/// To a run's actor: load your run and go on with it.
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

/// To a run's actor: what became of the start of a run that one of its tokens waits for.
struct child_answered {
  flow::token_id token = 0;
  std::string node;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  run_id child;
  time_point asked_at{};
  std::shared_ptr<result<run_summary>> how;
};

/// To the directory, and from it to a run's actor: a run that it has started has ended.
struct child_ended {
  run_key parent;
  run_id child;
  reply<void> done;
};
/// To the directory, and from it to a run's actor: nobody waits for this run any more.
struct child_orphaned {
  run_key child;
  reply<void> done;
};

/// To whoever sends to runs, before all else: the shards of the directory.
struct set_shards {
  std::vector<caf::actor> all;
};
/// The shard that is responsible for a run.
[[nodiscard]] inline const caf::actor& shard_of(const std::vector<caf::actor>& shards,
                                                const run_key& key) {
  return shards[std::hash<run_key>{}(key) % shards.size()];
}

/// A run's actor to itself: the executor was full, try this call again.
struct stayed_long_enough {
  std::uint64_t received = 0;  ///< what it had received when it began to stay
};
struct call_again {
  std::shared_ptr<flow::effect> effect;
};

/// From a run's actor to the directory: nothing to do here any more. `received` counts the messages
/// that the directory had sent; if it has sent more since, the actor goes on.
struct run_idle {
  run_key key;
  std::uint64_t received = 0;
  bool went_on = false;  ///< false: it was looked at only, and may have something to do
  /// The run as it is now, with its state if it is over; an error if there is none or it could not
  /// be loaded.
  std::shared_ptr<const result<ended_run>> run;
};

/// The directory to itself: look for waits whose deadline has come.
struct check_deadlines_due {};
/// The directory to itself: the back-off is over, bring the run's actor back.
struct restart_run {
  run_key key;
};

/// From a run's actor to the persister; answered with `committed` or `commit_failed`.
struct commit {
  std::shared_ptr<const persistence::batch> writes;
  std::optional<persistence::journal_entry> what = {};  ///< the transition that it is of
};
struct committed {};
struct commit_failed {
  std::shared_ptr<const error> why;
};

/// From a run's actor to the timer, when it is durable: the run is to be woken at another moment.
struct timer_changed {
  run_key key;
  std::optional<time_point> before;
  std::optional<time_point> after;
};
/// The timer to itself: a run has dealt with its timer; it may be time for the next.
struct timer_fired {};
struct poll_due {
  std::uint64_t number = 0;
};

/// From a run's actor to the dispatcher, when it is durable: these are its tasks for workers.
struct tasks_changed {
  run_key key;
  std::vector<flow::open_task> before;
  std::vector<flow::open_task> after;
};
/// To the dispatcher: give a worker tasks.
struct poll_tasks {
  scope_name scope;
  task_poll wanted;
  reply<std::vector<worker_task>> answer;
  std::stop_token withdrawn = {};
};
/// The dispatcher to itself: nobody waits for this poll any more.
struct poll_withdrawn {
  std::uint64_t poll = 0;
};
/// To the dispatcher: this worker is at work on it, and has perhaps something to say.
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
/// The dispatcher to itself: a run has answered whether a worker can have its task.
struct task_granted {
  std::uint64_t poll = 0;
  persistence::keys::queued_task task;
  std::uint64_t lease = 0;
  std::shared_ptr<result<command_done>> run;
};
/// The dispatcher to itself: the run knows that this lease is over.
struct lease_given_up {
  persistence::keys::task_key key;
  std::uint64_t lease = 0;
};
/// The dispatcher to itself: look for leases and polls whose time is over.
struct check_leases {};

/// The persister to itself: write all that has come in.
struct write_group {};

/// From the persister to the syncer: this group is written, make it durable and tell its senders.
struct group_written {
  std::shared_ptr<const persistence::view> view;
  std::shared_ptr<std::vector<caf::strong_actor_ptr>> senders;
};
/// The syncer to itself.
struct sync_groups {};

/// The supervisor to itself: the last page of unfinished runs is loaded, go on with the next.
struct recover_next_page {};

/// To the supervisor and through it to all: finish what is under way, begin nothing, end.
struct stop_request {
  reply<void> done;
};

/// The supervisor to the directory, the directory to its runs: end as soon as all is durable.
struct shutdown_run {};

/// To the reader.
struct read_job {
  std::function<void()> work;
};

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
/// Whether runs use it is not asked here.
struct delete_flow_request {
  scope_name scope;
  flow_name name;
  reply<void> answer;
};

}  // namespace pawl::actors

#define PAWL_LOCAL_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::type)
PAWL_LOCAL_MESSAGE(run_command)
PAWL_LOCAL_MESSAGE(wait_finished)
PAWL_LOCAL_MESSAGE(recover_run)
PAWL_LOCAL_MESSAGE(activate_run)
PAWL_LOCAL_MESSAGE(step_done)
PAWL_LOCAL_MESSAGE(child_answered)
PAWL_LOCAL_MESSAGE(child_ended)
PAWL_LOCAL_MESSAGE(child_orphaned)
PAWL_LOCAL_MESSAGE(set_shards)
PAWL_LOCAL_MESSAGE(stayed_long_enough)
PAWL_LOCAL_MESSAGE(call_again)
PAWL_LOCAL_MESSAGE(run_idle)
PAWL_LOCAL_MESSAGE(check_deadlines_due)
PAWL_LOCAL_MESSAGE(restart_run)
PAWL_LOCAL_MESSAGE(commit)
PAWL_LOCAL_MESSAGE(committed)
PAWL_LOCAL_MESSAGE(commit_failed)
PAWL_LOCAL_MESSAGE(write_group)
PAWL_LOCAL_MESSAGE(timer_changed)
PAWL_LOCAL_MESSAGE(timer_fired)
PAWL_LOCAL_MESSAGE(poll_due)
PAWL_LOCAL_MESSAGE(tasks_changed)
PAWL_LOCAL_MESSAGE(poll_tasks)
PAWL_LOCAL_MESSAGE(poll_withdrawn)
PAWL_LOCAL_MESSAGE(heartbeat_task)
PAWL_LOCAL_MESSAGE(describe_workers)
PAWL_LOCAL_MESSAGE(task_granted)
PAWL_LOCAL_MESSAGE(lease_given_up)
PAWL_LOCAL_MESSAGE(check_leases)
PAWL_LOCAL_MESSAGE(group_written)
PAWL_LOCAL_MESSAGE(sync_groups)
PAWL_LOCAL_MESSAGE(recover_next_page)
PAWL_LOCAL_MESSAGE(stop_request)
PAWL_LOCAL_MESSAGE(shutdown_run)
PAWL_LOCAL_MESSAGE(read_job)
PAWL_LOCAL_MESSAGE(put_flow_request)
PAWL_LOCAL_MESSAGE(publish_flow_request)
PAWL_LOCAL_MESSAGE(delete_flow_request)
#undef PAWL_LOCAL_MESSAGE
