#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "flow/definition/compiled.hpp"
#include "flow/machine/apply_context.hpp"
#include "flow/machine/builder/visit_writes.hpp"
#include "flow/machine/command.hpp"
#include "flow/machine/sorted_ids.hpp"
#include "flow/machine/transition.hpp"

namespace pawl::flow {

/// The changes of one transition: the run's state, the delta that is being recorded, and the
/// effects to perform once it is durable.
///
/// Shared by the parts of a `transition_builder`. Each part owns some fields of the state and
/// writes a change of them to `run()` and `change()` alike, so that the state before and the delta
/// always give the state after. Not thread-safe.
class change_set {
 public:
  /// All three must outlive it.
  change_set(const compiled_flow& flow, run_state& run, const apply_context& context);
  change_set(const change_set&) = delete;
  change_set& operator=(const change_set&) = delete;

  [[nodiscard]] const compiled_flow& flow() const noexcept { return flow_; }
  [[nodiscard]] const limits& allowed() const noexcept { return flow_.allowed(); }
  [[nodiscard]] const apply_context& context() const noexcept { return context_; }
  [[nodiscard]] time_point now() const noexcept { return context_.now; }
  [[nodiscard]] time_point engine_time() const noexcept { return context_.engine_time; }
  [[nodiscard]] const compiled_node& node_of(const token& t) const { return flow_.at(t.node); }

  [[nodiscard]] run_state& run() noexcept { return run_; }
  [[nodiscard]] const run_state& run() const noexcept { return run_; }
  [[nodiscard]] delta& change() noexcept { return made_.change; }
  [[nodiscard]] const delta& change() const noexcept { return made_.change; }

  /// What the visits of this transition have written.
  [[nodiscard]] visit_writes& writes() noexcept { return writes_; }

  /// Records an event of the run, or of what a token does at its node. The first event of a
  /// transition names the sender of the command (`apply_context::by`), the first of a step inside a
  /// map the item.
  void record(event_kind kind, json detail = nullptr);
  void record(event_kind kind, const token& t, json detail = nullptr);
  /// Adds to the event that has just been recorded for the token what a call is given: its computed
  /// arguments, and the name of its function if that is computed.
  void note_call(const token& t, const invoke_effect& call);
  /// Puts the token, as it is when the transition ends, into the delta.
  void mark_changed(const token& t) {
    run_.tokens.changed(t);
    mark_changed(t.id);
  }
  void mark_changed(token_id id) { touched_.push_back(id); }

  template <class Effect>
  void add_effect(Effect e) {
    made_.effects.emplace_back(std::move(e));
  }
  /// Requests a call: the transition makes it itself if `apply_context::call_now` does, else it is
  /// an effect.
  void request_call(invoke_effect call) {
    insert_id(requested_, call.token);
    calls_.push_back(std::move(call));
  }
  /// Removes the call that this transition requested for a token. Returns false if there is none.
  bool withdraw_call(token_id id);
  /// Makes the next of the requested calls. None if the rest are effects.
  [[nodiscard]] std::optional<step_outcome_command> make_next_call();
  /// Removes a map's progress, if the token has any.
  void erase_map(token_id id);

  /// Ends the transition. The change set is not used any more.
  [[nodiscard]] transition finish();

 private:
  /// Whether the run before this transition has the token.
  [[nodiscard]] bool is_old(token_id id) const noexcept { return id < first_new_token_; }
  void add_event(event e);

  const compiled_flow& flow_;
  run_state& run_;
  const apply_context& context_;
  transition made_;
  visit_writes writes_;
  const token_id first_new_token_;
  std::vector<token_id> touched_;
  std::vector<token_id> requested_;   ///< tokens whose call was requested, ascending
  std::vector<invoke_effect> calls_;  ///< requested
  std::size_t next_call_ = 0;         ///< of these: before it, all are effects
};

}  // namespace pawl::flow
