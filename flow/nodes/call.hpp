#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pawl/version_range.hpp>

#include "flow/definition/retry_policy.hpp"
#include "flow/nodes/chosen_duration.hpp"
#include "flow/nodes/chosen_name.hpp"
#include "flow/nodes/node.hpp"
#include "flow/nodes/step_result.hpp"

namespace pawl {}

namespace pawl::flow {

/// A subflow that a node runs.
struct child_plan {
  chosen_name flow;
  std::optional<version_range> version;  ///< none: the version that is published when it starts
  std::optional<logic::value_template> input;  ///< none: all data of the branch
};

/// A call of a function, or a run of a subflow, as configured in the data of a node.
struct call_plan {
  chosen_name code_ref;
  std::optional<child_plan> child;  ///< instead of a function
  json args = json::object();
  /// Computed arguments, each under its name.
  std::vector<std::pair<std::string, logic::value_template>> computed = {};
  std::optional<logic::value_template> with;  ///< the same as one object
  /// Where secrets belong in the arguments, which have null there; null: nowhere.
  std::shared_ptr<const logic::secret_places> secrets = {};
  retry_policy retry;
  chosen_duration timeout = {};        ///< of one attempt; 0: the engine's default
  chosen_duration total_timeout = {};  ///< of all attempts and waits; 0: none
  chosen_duration heartbeat = {};
  /// The argument that has `timeout` in milliseconds, for a function that ends by itself; "": none.
  std::string timeout_argument = {};
  /// Task queue of the workers that make the call; not set: the process, if it can.
  chosen_name queue;

  /// Computes the arguments from the current data of a token. Errors: those of the rules.
  [[nodiscard]] result<json> arguments(const run_state& run, const token& t,
                                       const std::string& node) const;
  /// Whether these are other ones than `args`. The input of a child run is kept by that run.
  [[nodiscard]] bool computes_arguments() const noexcept {
    return !child && (with || !computed.empty() || !timeout_argument.empty());
  }
};

/// Adds the places of secrets to a plan. `below`: the argument that they are in; "": all arguments.
void add_secrets(call_plan& plan, std::string_view below, logic::secret_places places);

/// Reads `code_ref`, `queue`, `args`, `with`, `retry` and the time-outs.
[[nodiscard]] call_plan read_call(const data_reader& data);

/// What to do with an at-most-once step whose effect is unknown.
enum class doubt_policy : std::uint8_t { ask, retry, fail, compensate };

/// A node that calls a function and merges the result into the run's data. Implements retries,
/// time-outs, questions of the function, compensation and at-most-once steps.
class call_node : public node {
 public:
  /// `into`: key that receives the result if the node's data has no `into`.
  call_node(const data_reader& data, call_plan what, std::string into = {});

  void enter(transition_builder& run, token& t) const override;
  void resume(transition_builder& run, token& t, step_outcome_command&& outcome) const override;
  void on_timer(transition_builder& run, token& t) const override;
  result<void> check_answer(const token& t, const json& answer) const override;
  void answer(transition_builder& run, token& t, json value) const override;
  bool is_called_once() const noexcept override { return once_; }
  void in_doubt(transition_builder& run, token& t) const override;
  result<invoke_effect> call(const run_state& run, const token& t,
                             const compiled_node& place) const override;
  std::optional<time_point> deadline(const token& t) const override;
  std::optional<run_id> child_of(const run_state& run, const token& t,
                                 const compiled_node& place) const override;
  std::span<const std::string> code_refs() const noexcept override {
    return call_.code_ref.possible();
  }
  const json* literal_arguments() const noexcept override {
    return call_.child || call_.computes_arguments() ? nullptr : &call_.args;
  }
  std::string_view compensation_ref() const noexcept override {
    return compensation_ ? compensation_->code_ref.literal() : std::string_view{};
  }

 private:
  [[nodiscard]] const call_plan& plan_of(const token& t) const {
    return t.compensates ? *compensation_ : call_;
  }
  void succeed(transition_builder& run, token& t, json value, std::int64_t us) const;
  /// Begins to count attempts. Returns false if a rule of their limits failed; then it has failed
  /// the step.
  [[nodiscard]] bool begin_tries(transition_builder& run, token& t) const;
  /// The function asks nothing, but has left because a pause was requested: it is called again when
  /// the run goes on.
  void leave_for_pause(transition_builder& run, token& t, step_outcome_command&& outcome) const;
  [[nodiscard]] bool effect_is_unknown(const token& t, const error& why) const noexcept;
  void settle_doubt(transition_builder& run, token& t, const std::string& why) const;
  void fail(transition_builder& run, token& t, const error& why,
            const step_outcome_command& of) const;
  /// Records the compensation of a completed step. Error: a rule of its arguments failed.
  [[nodiscard]] result<void> record_compensation(transition_builder& run, const token& t) const;
  /// As above, and records why it cannot be compensated.
  void try_record_compensation(transition_builder& run, const token& t) const;
  void end_while_compensating(transition_builder& run, token& t, result<json> value,
                              std::int64_t us) const;

  call_plan call_;
  step_result result_;
  std::optional<call_plan> compensation_;
  bool once_ = false;
  doubt_policy doubt_ = doubt_policy::ask;
};

}  // namespace pawl::flow
