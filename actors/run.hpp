#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <caf/event_based_actor.hpp>
#include <pawl/detail/log_context.hpp>

#include "actors/command_timer.hpp"
#include "actors/engine_context.hpp"
#include "actors/messages.hpp"
#include "flow/machine/machine.hpp"
#include "persistence/runs.hpp"

namespace pawl::actors {

/// One run. Loads its state on the first message, lets the state machine decide what each message
/// does, has every transition made durable, and only then does what the transition asks for:
/// answers, events, calls of functions. It decides nothing itself.
///
/// Transitions do not wait for each other to become durable; what comes after them does, in order.
/// Nobody outside learns of a transition before it is durable. When a commit fails, the state in
/// here is ahead of the store: the actor ends, and the run goes on from its last checkpoint when
/// the engine is started again.
class run_actor : public caf::event_based_actor {
 public:
  run_actor(caf::actor_config& config, engine_context_ptr context, run_key key,
            caf::actor directory, caf::actor persister, caf::actor timer, caf::actor dispatcher);
  ~run_actor() override;
  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "pawl.run"; }

 private:
  /// What waits for a transition to become durable.
  struct in_flight {
    std::vector<flow::effect> effects;
    std::vector<flow::event> events;
    std::uint64_t sequence = 0;
    time_point at{};
    persistence::index_state before;
    persistence::index_state after;
    std::vector<std::function<void(const error* failure)>> then;
    std::chrono::steady_clock::time_point handed_over_at = std::chrono::steady_clock::now();
  };

  /// Lines of the log are about this run.
  [[nodiscard]] detail::log_about about_run() const {
    return detail::log_about{{.scope = key_.scope.str(), .run = key_.id.str()}};
  }
  bool load();
  [[nodiscard]] flow::recovery what_is_due() const;
  void go_on(flow::recovery due);
  bool handle(run_command& c);
  bool handle_start(run_command& c);
  /// Applies a command and hands its transition to the persister.
  result<void> apply(flow::command&& c);
  void after_durable(std::function<void(const error* failure)> what);
  void on_committed();
  void count_queued(const std::vector<flow::open_task>& before,
                    const std::vector<flow::open_task>& after) const;
  void on_commit_failed(const error& why);
  void on_outcome(const step_done& step);

  void perform(flow::effect& e);
  void call(flow::effect& invoke);
  /// Of the workers that make a call; "": it is made here.
  [[nodiscard]] std::string queue_of(const flow::invoke_effect& call) const;
  /// Has a worker make the call, which was not known when the call began, or had no room.
  void enqueue_task(flow::effect& invoke, std::string queue);
  /// Of a lease that was just applied: what the worker is to do.
  [[nodiscard]] std::shared_ptr<flow::invoke_effect> take_leased();
  // Runs that this one starts and waits for, and the one that waits for it (run_children.cpp).
  void start_child(const flow::invoke_effect& wanted);
  void on_child_answered(const child_answered& answered);
  void on_child_ended(const child_ended& ended);
  void on_orphaned();
  /// What has become of its children, and of its parent, while it was away.
  void reconcile_children();
  /// Takes what an ended child has come to. False if no token waits for it, or it has not ended.
  bool take_child(const run_id& id);
  void ask_for_child_again(flow::token_id token);
  void tell_parent();
  [[nodiscard]] bool is_orphaned(const persistence::view& now) const;
  /// Takes an entry out of the indexes that no transition of this run is about.
  void tidy(std::string index_key);
  [[nodiscard]] invocation make_invocation(flow::invoke_effect& wanted,
                                           const functions::function_ptr& function) const;
  void publish(const in_flight& durable) const;
  [[nodiscard]] result<ended_run> what_rests() const;
  void rest_if_idle();
  /// Whether to stay in memory for a while: what workers do with its tasks needs it again soon.
  [[nodiscard]] bool stays();

  const engine_context_ptr context_;
  const run_key key_;
  const caf::actor directory_;
  const caf::actor persister_;
  const caf::actor timer_;
  const caf::actor dispatcher_;
  std::optional<flow::run_state> run_;  ///< none before it was loaded, and where there is no run
  std::optional<error> load_failure_;
  persistence::index_state index_state_;  ///< of `run_`
  bool loaded_ = false;
  bool went_on_ = false;
  bool stopping_ = false;
  std::shared_ptr<const flow::compiled_flow> flow_;
  std::vector<in_flight> in_flight_;  ///< oldest first
  std::map<flow::token_id, invocation_id> calls_;
  std::uint64_t received_ = 0;  ///< messages from the directory
  std::optional<std::uint64_t> told_rest_at_;
  std::optional<std::uint64_t> stayed_at_;      ///< `received_` when its time to stay was over
  bool stays_ = false;                          ///< until the message that its time is over
  std::optional<command_timer> leads_to_step_;  ///< the last start or signal that does
};

}  // namespace pawl::actors
