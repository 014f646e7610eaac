#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pawl/detail/log_context.hpp>

#include "actors/command_timer.hpp"
#include "actors/engine_context.hpp"
#include "actors/load_notes.hpp"
#include "actors/mail.hpp"
#include "actors/messages.hpp"
#include "actors/pending_commits.hpp"
#include "actors/run_lifecycle.hpp"
#include "flow/machine/machine.hpp"
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

  /// Handles one type of messages: log lines have this run's id, and the actor settles afterwards.
  template <class Message>
  [[nodiscard]] auto handler();
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
  void handle(retry_effect& retry) { perform(*retry.effect); }
  void handle(const linger_over& over) { life_.on_linger_over(over.received); }
  void handle(const committed&) { on_committed(); }
  void handle(const shutdown_run&) { life_.shut_down(); }
  /// Loads the run if it is not in memory. Returns false if it cannot be loaded.
  bool load();
  /// The effects and commands that resume the loaded run. Empty if it was resumed before.
  [[nodiscard]] flow::recovery unfinished_work() const;
  void resume(flow::recovery work);
  /// Decides what the actor does until the next message: works, lingers, is idle, ends.
  void settle();
  [[nodiscard]] result<ended_run> current_run() const;

  // Commands and commits (run_commits.cpp).

  /// Executes a command. Its caller is answered when it is durable. Returns false if refused.
  bool execute(run_command& c);
  /// Checks what the state machine does not know.
  [[nodiscard]] result<void> check(const run_command& c) const;
  bool execute_start(run_command& c);
  bool execute_repeated_start(run_command& c, const flow::start_command& start);
  /// Applies a command of the actor itself. A refusal is normal: the run has moved on.
  void apply_or_ignore(flow::command&& c);
  /// Applies a command and sends its transition to the persister.
  result<void> apply(flow::command&& c);
  void on_committed();
  void on_commit_failed(const error& reason);
  void publish(const pending_commit& durable) const;
  void count_queued_tasks(const std::vector<flow::open_task>& before,
                          const std::vector<flow::open_task>& after) const;
  /// The call that the lease, applied just now, hands to a worker. Null if none.
  [[nodiscard]] std::shared_ptr<flow::invoke_effect> take_leased_call();
  /// Deletes an index entry that no transition of this run deletes, once all commits are durable.
  void erase_index_entry(std::string key);

  // Effects and calls (run_calls.cpp).

  void perform(flow::effect& e);
  void call(flow::effect& invoke);
  void call_function(flow::effect& invoke, const functions::function_ptr& function);
  /// Puts a call into a task queue that was not known when the call began, or was full.
  void enqueue_task(flow::effect& invoke, std::string queue);
  void perform_later(flow::effect e, std::chrono::milliseconds delay);
  void on_outcome(const step_done& step);

  // The runs that this one started, and the run that started it (run_children.cpp).

  void start_child(const flow::invoke_effect& wanted);
  void on_child_answered(const child_answered& answered);
  void on_child_ended(const child_ended& ended);
  /// Does what the index of orphaned runs says of this run, if it says something.
  void obey_orphan_entry(const persistence::view& now);
  /// A child of this run was retried: this run, if it has failed, waits for it again.
  void on_child_resumed(const run_id& child);
  /// Catches up with what happened to the children and the parent while this run was not loaded.
  void reconcile_children();
  void take_notices_of_children(const persistence::view& now);
  /// The children of this run in an index.
  [[nodiscard]] std::vector<run_id> children_in(
      const persistence::view& now, const persistence::view::range& entries,
      std::optional<persistence::keys::parent_and_child> (*decode)(std::string_view)) const;
  /// Applies the result of an ended child. Returns false if no token waits for it, or it has not
  /// ended for the attempt that waits. `answered`: the child itself has answered this attempt.
  bool take_child(const run_id& id, bool answered);
  [[nodiscard]] result<json> result_of_child(const persistence::view& now,
                                             const persistence::run_record& record) const;
  void retry_child_start(flow::token_id token);
  /// Without recovery nothing else resumes the runs that this one waits for.
  void activate_children();
  void notify_parent();
  /// Counts the end of the run, and logs a failure.
  void count_end(run_status how, const std::vector<flow::event>& events) const;
  /// Error: this run cannot be retried, because its parent no longer waits for it.
  [[nodiscard]] result<void> check_parent_waits() const;
  /// Catches up with the parent of this run.
  void reconcile_parent(const persistence::view& now);

  const engine_context_ptr context_;
  const run_key key_;
  const caf::actor directory_;
  const caf::actor persister_;
  const caf::actor timer_;
  const caf::actor dispatcher_;
  run_lifecycle life_;
  load_notes::note loading_;  ///< until the message that loads the run is handled
  std::optional<error> load_failure_;
  std::optional<flow::run_state> run_;  ///< none before it is loaded, and if there is no such run
  std::shared_ptr<const flow::compiled_flow> flow_;  ///< of `run_`
  persistence::run_recorder recorder_;               ///< of `run_`
  pending_commits commits_;
  struct made_call {
    invocation_id id{};
    std::uint32_t attempt = 0;
  };
  std::map<flow::token_id, made_call> calls_;
  std::optional<command_timer> step_timer_;  ///< of the last start or signal that leads to a step
};

}  // namespace pawl::actors
