#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flow/definition/retry_policy.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {

/// A flow that a node runs.
struct child_plan {
  flow_name flow;
  std::optional<pawl::version> version;  ///< none: the published one when it starts
  std::optional<logic::rule> input;      ///< none: all data as the branch sees it
};

/// A call of a function, or a run of a flow, as a node's data describes it.
struct call_plan {
  std::string code_ref;
  std::optional<child_plan> child;  ///< instead of a function
  json args = json::object();
  using named_rules = std::vector<std::pair<std::string, logic::rule>>;
  named_rules with;                                          ///< arguments that are computed
  std::vector<std::pair<std::string, named_rules>> objects;  ///< and objects of such
  retry_policy retry;
  std::chrono::milliseconds timeout{0};        ///< of one attempt; 0: the engine's default
  std::chrono::milliseconds total_timeout{0};  ///< of all attempts and waits together; 0: none
  std::chrono::milliseconds heartbeat{0};
  std::string queue;  ///< of the workers that make the call; "": the process makes it, if it can

  /// The arguments as they are for this token now. Errors: those of the rules.
  [[nodiscard]] result<json> arguments(const run_state& run, const token& t,
                                       const std::string& node) const;
};

/// Reads `code_ref`, `args`, `with`, `retry` and the time-outs.
[[nodiscard]] call_plan read_call(const data_reader& data);

/// What becomes of a step that must not run twice when nobody knows whether it took effect.
enum class doubt_policy : std::uint8_t { ask, retry, fail, compensate };

/// A node that calls a function and merges what it returns into the run's data: with retries,
/// time-outs, questions of the function, a way to undo the step, and care for steps that must not
/// run twice.
class call_node : public node {
 public:
  /// `into`: where the result goes if the node's data does not say.
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
  std::string_view code_ref() const noexcept override { return call_.code_ref; }
  std::string_view undo_ref() const noexcept override {
    return undo_ ? std::string_view{undo_->code_ref} : std::string_view{};
  }

 private:
  [[nodiscard]] const call_plan& plan_of(const token& t) const {
    return t.compensates ? *undo_ : call_;
  }
  void succeed(transition_builder& run, token& t, const json& value, std::int64_t us) const;
  [[nodiscard]] bool leaves_doubt(const token& t, const error& why) const noexcept;
  void fail(transition_builder& run, token& t, const error& why,
            const step_outcome_command& of) const;
  /// Notes how the step is undone. Error: its arguments cannot be computed.
  [[nodiscard]] result<void> remember_undo(transition_builder& run, const token& t) const;
  void end_while_unwinding(transition_builder& run, token& t, const result<json>& value,
                           std::int64_t us) const;

  call_plan call_;
  std::string into_;
  std::optional<call_plan> undo_;
  bool once_ = false;
  doubt_policy doubt_ = doubt_policy::ask;
};

}  // namespace pawl::flow
