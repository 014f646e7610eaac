#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pawl/detail/log_context.hpp>

#include "actors/command_timer.hpp"
#include "actors/engine_context.hpp"
#include "actors/load_for.hpp"
#include "actors/load_notes.hpp"
#include "actors/mail.hpp"
#include "actors/messages.hpp"
#include "actors/pending_commits.hpp"
#include "actors/run_lifecycle.hpp"
#include "actors/run_reads.hpp"
#include "flow/machine/machine.hpp"
#include "flow/machine/schema_check.hpp"
#include "persistence/runs.hpp"

namespace pawl::actors {

/// One run. Loads the run's state on the first message, applies each command with the state
/// machine, sends the transition to the persister, and after the commit publishes the events,
/// answers the callers and performs the effects. The actor decides nothing about the run itself.
///
/// Transitions do not wait for each other to become durable. Their consequences do, in order: a
/// transition has no effect outside of the actor before it is durable. When a commit fails, the
/// state in memory is ahead of the store. The actor then ends, and the run continues from its last
/// checkpoint when the engine opens the store again.
///
/// The actor never reads the store itself: the loader does. Until it has what it asked for, the
/// actor handles no other message, so messages take effect in the order in which they came. While
/// it has nothing to do, the state of its run is in `parked_states`.
///
/// `run_lifecycle` has the states of the actor itself.
class run_actor : public actor_base {
 public:
  run_actor(caf::actor_config& config, engine_context_ptr context, run_key key,
            caf::actor directory, caf::actor persister, caf::actor timer, caf::actor dispatcher,
            active_place place);
  ~run_actor() override;
  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "pawl.run"; }

 private:
  // Life and messages (run.cpp).

  /// Handles one type of messages: at once, or after the reads that are under way.
  template <class Message>
  [[nodiscard]] auto handler();
  /// Handles a message: log lines have this run's id, and the actor settles afterwards.
  template <class Handle>
  void work(Handle handle);
  void handle(run_command& c);
  void handle(activate_run& a);
  /// Handles what another run has to say to this one.
  template <class Handle>
  void on_notice(const reply<void>& done, Handle handle);
  void handle(const child_ended& ended);
  void handle(const child_orphaned& orphaned);
  void handle(const child_resumed& resumed);
  void handle(const step_done& step) { on_outcome(step); }
  void handle(const child_answered& answered) { on_child_answered(answered); }
  void handle(const place_taken& place) { on_place_taken(place); }
  void handle(retry_effect& retry) { perform(*retry.effect); }
  void handle(const linger_over& over) { life_.on_linger_over(over.received); }
  void handle(const committed&) { on_committed(); }
  void handle(const shutdown_run&) { life_.shut_down(); }
  /// Checks the blobs that a command refers to, then prepares it.
  void check_and_prepare(run_command c);
  /// Executes a command, after what it needs from the store has been read.
  void prepare(run_command c);
  /// What was found out about a command before it is executed.
  struct examination {
    result<void> allowed;                 ///< what the store says against the command
    std::optional<result<void>> checked;  ///< the verdict of the check that it needs
  };
  /// Finds the flow of a start of a new run, then carries the start out.
  void find_flow(run_command c);
  /// Checks the value of a command against the JSON Schema of its flow, then executes it.
  void check_and_carry_out(run_command& c, result<void> allowed);
  [[nodiscard]] std::optional<flow::schema_check> needed_check(const run_command& c) const;
  void carry_out(run_command& c, const examination& found);
  /// The effects and commands that resume the loaded run. Empty if it was resumed before.
  [[nodiscard]] flow::recovery unfinished_work() const;
  void resume(flow::recovery work);
  void resume_work(flow::recovery work);
  void report_timers();
  /// Decides what the actor does until the next message: works, lingers, is idle, ends.
  void settle();
  [[nodiscard]] result<ended_run> current_run() const;

  // Reads of the store, which the loader does (run_loading.cpp).

  /// Calls `from_store(context, view)` as a job of the loader, then `then` with its result. Nothing
  /// but the reads before this one comes between.
  template <class Read, class Then>
  void read(Read from_store, Then then);
  /// Calls `then` after the reads that are under way: at once if there are none.
  template <class Then>
  void after_reads(Then then);
  void on_answered(const load_answered& answered);
  /// Begins the next read, if there is one.
  void begin_read();
  /// Calls `check` as a check of the loader, then `then` with the verdict. Otherwise as `read`.
  template <class Check, class Then>
  void check_elsewhere(Check check, Then then);
  /// Adds what begins a read.
  void add_read(std::function<bool()> begin);
  /// Calls `then` when the run is in memory, or cannot be loaded: see `load_failure_`.
  template <class Then>
  void when_loaded(Then then);
  void on_loaded(result<std::optional<stored_run>> found);
  [[nodiscard]] bool take_parked();
  void put_in_memory(run_in_memory run);
  /// Gives the state away, if another message may need it soon.
  void park();

  // Commands and commits (run_commits.cpp).

  /// Executes a command. Its caller is answered when it is durable. Returns false if refused.
  bool execute(run_command& c, const examination& found);
  /// Whether the run's parent decides if it can be retried.
  [[nodiscard]] bool retries_child(const run_command& c) const;
  bool execute_start(run_command& c, const examination& found);
  bool execute_repeated_start(run_command& c, const flow::start_command& start);
  /// Applies a command of the actor itself. A refusal is normal: the run has moved on.
  void apply_or_ignore(flow::command&& c);
  /// Applies a command and sends its transition to the persister. `checked` and `by`: see
  /// `apply_context`.
  result<void> apply(flow::command&& c, std::optional<result<void>> checked = {},
                     std::string by = {});
  void on_committed();
  void on_commit_failed(const error& reason);
  void publish(const pending_commit& durable) const;
  void count_queued_tasks(const persistence::task_changes& changed) const;
  /// Lets the outcome of a task lease no further one, if it is another run's turn.
  void limit_turn(flow::command& c);
  /// The call that the lease, applied just now, hands to a worker. Null if none.
  [[nodiscard]] std::shared_ptr<flow::invoke_effect> take_leased_call();
  /// Deletes an index entry that no transition of this run deletes, once all commits are durable.
  void erase_index_entry(std::string key);

  // Effects and calls (run_calls.cpp).

  /// The place of a call, or its turn to get one. While it waits, this is all that is kept of it:
  /// the call is made anew when the place is taken.
  struct turn {
    fair_limiter* of = nullptr;
    fair_limiter::place place;
    std::string node;
    std::uint32_t visit = 0;
    std::uint32_t attempt = 0;
  };

  /// What the calls of one transition have used up.
  struct calls_made {
    std::uint32_t count = 0;
    std::chrono::microseconds time{0};
    std::size_t bytes = 0;
  };
  /// Calls a pure function within its transition; see `apply_context::call_now`.
  bool call_now(flow::invoke_effect& wanted, flow::step_outcome_command& made, calls_made& before);

  void perform(flow::effect& e);
  void abandon(flow::token_id token);
  /// Makes a call. `own`: its place if it has waited for one, else empty.
  void call(flow::effect& invoke, turn own);
  /// Ends a call that cannot be made.
  void refuse_call(const flow::invoke_effect& wanted, error why);
  void call_function(flow::effect& invoke, const functions::function_ptr& function, turn own);
  /// Puts a call into a task queue that was not known when the call began, or was full.
  void enqueue_task(const flow::invoke_effect& wanted, std::string queue, turn own);
  /// A place of a call. None if it has to wait: then `on_place_taken` makes the call.
  [[nodiscard]] std::optional<fair_limiter::place> take_place(fair_limiter& of,
                                                              const flow::invoke_effect& wanted,
                                                              turn own);
  void on_place_taken(const place_taken& taken);
  void perform_later(flow::effect e, std::chrono::milliseconds delay);
  void on_outcome(const step_done& step);
  void apply_outcome(const step_done& step);
  /// The process survived a step, so the run makes progress.
  void forget_suspicion();

  // The runs that this one started, and the run that started it (run_children.cpp).

  void start_child(const flow::invoke_effect& wanted);
  void on_child_answered(const child_answered& answered);
  /// Calls `then` with how a child has ended, as the store says: see `read_child_end`.
  template <class Then>
  void read_end_of(const run_id& child, Then then);
  /// `end`: null if it is not known.
  void on_child_ended(const run_id& child, const std::shared_ptr<const child_end>& end);
  /// Does what the index of orphaned runs says of this run.
  void obey_orphan_entry(const flow::abandoned_child& how);
  /// A child of this run was retried: this run, if it has failed, waits for it again.
  void on_child_resumed(const run_id& child);
  /// Catches up with what happened to the parent and the children while this run was not loaded.
  void reconcile(const family_news& news);
  /// Applies the result of an ended child. Returns false if no token waits for it, or it has not
  /// ended for the attempt that waits. `answered`: the child itself has answered this attempt.
  bool take_child(const run_id& id, child_end end, bool answered);
  void retry_child_start(flow::token_id token);
  /// Without recovery nothing else resumes the runs that this one waits for.
  void activate_children();
  void notify_parent();
  /// Counts the end of the run, and logs a failure.
  void count_end(run_status how, const std::vector<flow::event>& events) const;

  const engine_context_ptr context_;
  const run_key key_;
  const caf::actor directory_;
  const caf::actor persister_;
  const caf::actor timer_;
  const caf::actor dispatcher_;
  run_lifecycle life_;
  /// Begin the reads that were not answered, the first of which is under way. Return false if there
  /// is nothing to wait for.
  std::deque<std::function<bool()>> reads_;
  std::deque<std::function<void()>> stash_;  ///< handle the messages that came during the reads
  load_notes::note loading_;                 ///< until what was loaded is handled
  std::optional<family_news> family_;        ///< from the load that is being handled
  bool loaded_ = false;                      ///< or loading has failed
  std::optional<error> load_failure_;
  std::optional<flow::run_state> run_;  ///< none before it is loaded, or if it does not exist
  std::shared_ptr<const flow::compiled_flow> flow_;  ///< of `run_`
  persistence::run_recorder recorder_;               ///< of `run_`
  pending_commits commits_;
  struct made_call {
    invocation_id id{};
    std::uint32_t attempt = 0;
  };
  std::map<flow::token_id, made_call> calls_;
  /// Whether a pause is requested, for the functions that it calls. None before the first call.
  std::shared_ptr<std::atomic<bool>> pause_;
  std::map<flow::token_id, turn> turns_;     ///< of calls that wait
  std::uint32_t leased_in_a_row_ = 0;        ///< tasks, by outcomes, since one from its queue
  std::optional<command_timer> step_timer_;  ///< of the last start or signal that leads to a step
};

template <class Read, class Then>
void run_actor::read(Read from_store, Then then) {
  add_read([this, from_store = std::move(from_store), then = std::move(then)] {
    // The loader holds this actor, which holds the context.
    auto job = [&context = *context_, key = key_, from_store] {
      const detail::log_about here{{.scope = key.scope.str(), .run = key.id.str()}};
      return from_store(context, *context.store->durable_view());
    };
    load_for(*context_->loader, self(), std::move(job), then);
    return true;
  });
}

template <class Check, class Then>
void run_actor::check_elsewhere(Check check, Then then) {
  add_read([this, check = std::move(check), then = std::move(then)] {
    context_->loader->post_check(key_.scope.str(), flow_->id().name.str(),
                                 answering_job(self(), check, then));
    return true;
  });
}

template <class Then>
void run_actor::after_reads(Then then) {
  if (reads_.empty()) return then();
  reads_.push_back([then = std::move(then)]() mutable {
    then();
    return false;
  });
}

template <class Then>
void run_actor::when_loaded(Then then) {
  if (loaded_ || take_parked()) return then();
  const auto load = [key = key_](engine_context& context, const persistence::view& now) {
    const auto note = context.loads.take(key);
    return read_run(context, now, key);
  };
  read(load, [this, then = std::move(then)](result<std::optional<stored_run>> found) mutable {
    on_loaded(std::move(found));
    then();
  });
}

}  // namespace pawl::actors
