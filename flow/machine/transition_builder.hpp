#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flow/definition/compiled.hpp"
#include "flow/machine/apply_context.hpp"
#include "flow/machine/command.hpp"
#include "flow/machine/transition.hpp"

namespace pawl::flow {

/// The hand that changes a run during one transition: every change goes to the state and into the
/// delta alike. Commands and nodes decide what happens, the transition_builder knows how a run is
/// changed.
///
/// A reference to a token stays good until a token is placed or removed: `leave`, `end`,
/// `fail_step` and `advance` may do both.
class transition_builder {
 public:
  /// All three must outlive it.
  transition_builder(const compiled_flow& flow, run_state& run, const apply_context& context);
  transition_builder(const compiled_flow& flow, run_state& run, apply_context&& context) = delete;

  [[nodiscard]] const compiled_flow& flow() const noexcept { return flow_; }
  [[nodiscard]] const run_state& run() const noexcept { return run_; }
  [[nodiscard]] const compiled_node& node_of(const token& t) const { return flow_.at(t.node); }
  [[nodiscard]] time_point now() const noexcept { return context_.now; }

  // The run as a whole (transition_builder.cpp).
  void create(start_command&& start);
  void set_status(run_status status);
  void pause(const std::string& reason);
  void resume(const std::string& reason);
  /// Sets top-level keys of the data; nothing happens for an empty object.
  void update_data(const json& update, const std::string& reason = {});
  void set_metadata(const std::string& key, json value);
  /// Lets arriving tokens enter their nodes until none arrives or the transition's budget is
  /// spent; ends the run when no token is left alive.
  void advance();
  /// Ends the transition.
  [[nodiscard]] transition finish();

  // Bad ends (editor_failure.cpp).
  /// Fails the run for a reason that lies outside of its flow: nothing is undone.
  void fail_now(run_error error);
  /// Fails the run, after what was done is undone.
  void fail(run_error error);
  void cancel(const std::string& reason);
  void revive(const std::string& reason);
  /// Takes a token out of the run: what it was about is settled otherwise.
  void drop(token& t);
  /// A step was done that can be undone, with these arguments.
  void can_undo(const token& t, json args);
  void undone(token& t);
  /// Handles the failure of what a token did at its node: by an edge on_error, by a map that
  /// tolerates it, or by failing the run.
  void fail_at(token& t, const pawl::error& why);
  /// As above, for a node that had begun a step; it took `us` microseconds.
  void fail_step(token& t, const pawl::error& why, std::int64_t us = 0);
  /// Moves the token along its node's edge on_timeout; false if there is none.
  [[nodiscard]] bool follow_timeout(token& t);

  // Signals, waits and questions (editor_waits.cpp).
  void receive(signal_command&& signal);
  /// Wakes the tokens that sleep for signals which are there, in the order of their ids.
  void deliver_signals();
  /// Takes the oldest signal of a type out of the inbox, for the node where the token is.
  [[nodiscard]] std::optional<json> claim(const token& t, const std::string& type);
  /// Leaves the token sleeping until a signal, an answer or its timer wakes it.
  void sleep(token& t);
  void sleep_for(token& t, std::chrono::milliseconds duration);
  void sleep_until(token& t, time_point moment);
  /// Wakes every token whose timer is due.
  void fire_timers(double random);
  void ask(token& t, json question);
  void answer(token& t, json value);

  // Tokens (editor_tokens.cpp).
  token& place_token(node_index node);
  /// Asks for the call of the token's node, of the workers whose it is if that is known already.
  void wait_for_call(token& t);
  /// The same once more: the next attempt of the token's visit.
  void call_again(token& t);
  /// Its retry policy counts from here; `timed` if there is a limit for all attempts together.
  void begin_tries(token& t, bool timed);
  void merge(token& t, const json& result, const std::string& into);
  void note_condition(token& t, bool truth);
  /// Moves the token along the edge or edges that its state chooses; ends it where none is true.
  void leave(token& t);
  void end(token& t);
  void record(event_kind kind, const token& t, json detail = nullptr);
  /// Evaluates a rule on what the token's branch sees.
  [[nodiscard]] result<json> evaluate(const token& t, const logic::rule& rule) const;
  [[nodiscard]] result<bool> test(const token& t, const logic::rule& rule) const;

  // Calls that workers make, and runs that are waited for (editor_tasks.cpp).
  void enqueue_task(token& t, std::string queue, std::string code_ref);
  void lease(token& t, const lease_command& to);
  /// The worker has not been heard of: another is to make the call, unless too many were lost.
  void lose_lease(token& t, const lease_lost_command& how);
  /// The run that the token waits for is there.
  void note_child(token& t, run_id id);
  /// No worker and no other run has to do with the token's call any more.
  void end_call(token& t);
  /// Ends the token's call with this failure instead of its own outcome.
  void give_up_call(token& t, error why, double random = 0.5);

  // Joins and maps (editor_gather.cpp).
  /// Leaves the token until others of its run have come as well.
  void gather(token& t);
  void begin_map(token& t, json items);
  /// The same for a map that a retry takes up again, with what it has; false if it was not begun.
  [[nodiscard]] bool go_on_with_map(token& t);

 private:
  void record(event_kind kind, json detail = nullptr);
  void mark_changed(const token& t) { touched_.push_back(t.id); }
  void remove_token(token_id id);
  /// Nobody waits any more for what this token asked for.
  void abandon(const token& t);
  /// Drops what is behind the first `depth` forks of a branch, but for one token.
  void drop_branches(const std::vector<std::uint32_t>& branch, std::size_t depth, token_id but);
  /// The timer of a call that has begun.
  void limit_time(token& t, const invoke_effect& call);
  void enter(token& t);
  void follow(token& t, const compiled_edge& edge, const char* why);
  void fork(token& t, const std::vector<compiled_edge>& edges);
  token& place_child(const token& parent, node_index node, std::uint32_t order);
  void fail_visit(token& t, const pawl::error& why);
  void fail_leaving(token& t, const pawl::error& why);
  void fail_item(token_id map, token& t, const pawl::error& why);
  void freeze();
  void thaw();
  void halt_waiting();
  void complete();
  bool merge_ended();
  void pause_if_quiet();
  void pause_if_asking();
  bool check_state_size();
  bool follow_error(token& t, const pawl::error& why);

  bool begin_unwinding(run_status to, std::optional<run_error> error, const std::string& reason);
  void unwind();
  void undo_last();

  bool gather_some();
  bool close_join(const token& at);
  bool close_item(token_id map);
  bool tolerate(token& t, const pawl::error& why);
  void spawn_items(token_id map);
  void finish_item(token_id map, std::uint32_t item, json value, bool failed);
  void end_map(token_id map);
  void set_progress(token_id map, map_change change);

  const compiled_flow& flow_;
  run_state& run_;
  const apply_context& context_;
  transition done_;
  const token_id first_new_token_;
  std::vector<token_id> touched_;
  bool revived_ = false;
};

}  // namespace pawl::flow
