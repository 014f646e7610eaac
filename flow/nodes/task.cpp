#include <array>
#include <utility>
#include <vector>

#include <pawl/code_ref.hpp>

#include "flow/editor.hpp"
#include "flow/nodes/node_types.hpp"
#include "flow/pointer.hpp"
#include "flow/variables.hpp"

namespace pawl::flow {
namespace {

using named_rule = std::pair<std::string, logic::rule>;

/// Calls a function and merges what it returns into the run's data.
class task_node final : public node {
 public:
  explicit task_node(const data_reader& data)
      : code_ref_(data.text("code_ref", true).value_or("")),
        args_(data.object("args")),
        into_(data.text("into", false).value_or("")),
        timeout_(data.duration("timeout").value_or(std::chrono::milliseconds{0})) {
    const json with = data.object("with");  // must outlive the loop over its items
    for (const auto& [name, rule] : with.items()) {
      with_.emplace_back(
          name, logic::compile(rule, child_pointer(data.pointer("with"), name), data.faults()));
    }
    if (code_ref_.empty()) return;
    if (const auto allowed = check_code_ref(code_ref_); !allowed)
      data.fail("code_ref", "bad_code_ref", allowed.error().message);
  }

  void enter(editor& run, token& t) const override {
    run.record(event_kind::step_started, t);
    run.wait_for_call(t);
  }

  void resume(editor& run, token& t, step_outcome_command&& outcome) const override {
    const auto duration_us = (outcome.ended_at - outcome.began_at).count();
    if (!outcome.value) return run.fail_step(t, outcome.value.error(), duration_us);
    run.record(event_kind::step_finished, t, {{"us", duration_us}});
    run.merge(t, *outcome.value, into_);
    run.leave(t);
  }

  result<invoke_effect> call(const run_state& run, const token& t,
                             const compiled_node& place) const override {
    json args = args_;
    if (!with_.empty()) {
      const rule_variables variables{run, t, place.id};
      for (const auto& [name, rule] : with_) {
        auto value = rule.evaluate(variables.get());
        if (!value) return std::move(value).error();
        args[name] = *std::move(value);
      }
    }
    return invoke_effect{t.id,      t.visit,         t.attempt, place.id,
                         code_ref_, std::move(args), timeout_,  data_for(run, t)};
  }

  std::string_view code_ref() const noexcept override { return code_ref_; }

 private:
  std::string code_ref_;
  json args_;
  std::vector<named_rule> with_;
  std::string into_;
  std::chrono::milliseconds timeout_;
};

constexpr std::array<std::string_view, 5> task_keys = {"code_ref", "args", "with", "into",
                                                       "timeout"};

}  // namespace

const node_type task_type{
    .name = "task",
    .keys = task_keys,
    .make = [](const data_reader& data) -> std::unique_ptr<const node> {
      return std::make_unique<task_node>(data);
    },
};

}  // namespace pawl::flow
