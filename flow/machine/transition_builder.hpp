#pragma once

#include <string_view>
#include <vector>

#include "flow/machine/builder/attributes.hpp"
#include "flow/machine/builder/change_set.hpp"
#include "flow/machine/builder/lifecycle.hpp"
#include "flow/machine/builder/run_branches.hpp"
#include "flow/machine/builder/run_calls.hpp"
#include "flow/machine/builder/run_compensations.hpp"
#include "flow/machine/builder/run_data.hpp"
#include "flow/machine/builder/run_failures.hpp"
#include "flow/machine/builder/run_joins.hpp"
#include "flow/machine/builder/run_maps.hpp"
#include "flow/machine/builder/run_sections.hpp"
#include "flow/machine/builder/run_signals.hpp"
#include "flow/machine/builder/run_tokens.hpp"
#include "flow/machine/builder/run_waits.hpp"

namespace pawl::flow {

/// Builds one transition of a run. Commands and node types decide what happens; the parts of the
/// builder change the run and record the change in the delta.
///
/// Only the builder itself calls the nodes' behaviour. Not thread-safe. A reference to a token is
/// valid until a token is placed or removed.
class transition_builder {
 public:
  /// All three must outlive it.
  transition_builder(const compiled_flow& flow, run_state& run, const apply_context& context);
  transition_builder(const compiled_flow& flow, run_state& run, apply_context&& context) = delete;

  [[nodiscard]] const compiled_flow& flow() const noexcept { return changes_.flow(); }
  [[nodiscard]] const run_state& state() const noexcept { return changes_.run(); }
  [[nodiscard]] time_point now() const noexcept { return changes_.now(); }
  [[nodiscard]] time_point engine_time() const noexcept { return changes_.engine_time(); }
  [[nodiscard]] const compiled_node& node_of(const token& t) const { return changes_.node_of(t); }

  [[nodiscard]] change_set& changes() noexcept { return changes_; }
  [[nodiscard]] lifecycle& status() noexcept { return lifecycle_; }
  [[nodiscard]] run_data& data() noexcept { return data_; }
  [[nodiscard]] run_tokens& tokens() noexcept { return tokens_; }
  [[nodiscard]] run_branches& branches() noexcept { return branches_; }
  [[nodiscard]] run_maps& maps() noexcept { return maps_; }
  [[nodiscard]] run_sections& sections() noexcept { return sections_; }
  [[nodiscard]] run_signals& signals() noexcept { return signals_; }
  [[nodiscard]] run_waits& waits() noexcept { return waits_; }
  [[nodiscard]] run_calls& calls() noexcept { return calls_; }
  [[nodiscard]] run_compensations& compensations() noexcept { return compensations_; }
  [[nodiscard]] run_failures& failures() noexcept { return failures_; }

  /// Moves runnable tokens until none is left or the budget of the transition is spent. Then
  /// compensates, completes or pauses the run if its state calls for it.
  void advance();
  /// Wakes the tokens that sleep for signals of the inbox, in the order of their ids. With a type:
  /// only for signals of this type.
  void deliver_signals();
  void deliver_signals(std::string_view type);
  /// Wakes the tokens whose timers are due. `random` decides the jitter of retries.
  void fire_timers(double random);
  /// Answers the token's question.
  void answer(token& t, json value);
  /// Ends the token's call with a failure in place of its outcome.
  void fail_call(token& t, error why, double random = 0.5);
  /// Ends the transition. The builder is not used any more.
  [[nodiscard]] transition finish() {
    update_attributes(changes_);
    return changes_.finish();
  }

 private:
  void enter(token& t);
  /// Makes one of the calls that need not wait until the transition is durable. Returns false if
  /// there is none.
  bool make_call();
  /// Counts a visit of the token's node. Fails the token and returns false at the limit.
  [[nodiscard]] bool count_visit(token& t);
  /// Closes one join, section or item of a map. Returns false if all have to wait.
  bool close_gathered();
  void add_awaiting(std::string_view type, std::vector<token_id>& to);
  /// Wakes the tokens whose signals have arrived, in the order of their ids.
  void wake(std::vector<token_id> sleeping);
  /// Closes one of the joins, an item of the map, or the section, that wait for branches of a fork.
  bool close(fork_tree::fork_number fork);
  void fire(token& t, double random);
  void fire_child(token& t, double random);
  /// Fails a run whose data is too large. Returns false if it did.
  bool check_size();
  void compensate();
  void complete();

  // In this order: a part refers to the parts above it. `failures_` refers to parts below it, and
  // comes first because they see it by its base class.
  change_set changes_;
  run_failures failures_;
  lifecycle lifecycle_;
  run_data data_;
  run_signals signals_;
  run_waits waits_;
  run_calls calls_;
  run_tokens tokens_;
  run_compensations compensations_;
  run_branches branches_;
  run_sections sections_;
  run_joins joins_;
  run_maps maps_;
};

}  // namespace pawl::flow
