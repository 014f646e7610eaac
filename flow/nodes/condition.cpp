#include <array>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/node_types.hpp"

namespace pawl::flow {
namespace {

/// Evaluates a rule. Its truth value becomes `condition_result`, which selects the next edge.
class condition_node final : public node {
 public:
  explicit condition_node(logic::rule expression) : expression_(std::move(expression)) {}

  void enter(transition_builder& run, token& t) const override {
    const auto truth = run.data().test(t, expression_);
    if (!truth) return run.failures().fail_at(t, truth.error());
    run.branches().note_condition(t, *truth);
    run.branches().leave(t);
  }

 private:
  logic::rule expression_;
};

constexpr std::array<std::string_view, 1> condition_keys = {"expr"};

}  // namespace

const node_type condition_type{
    .name = "condition",
    .keys = condition_keys,
    .make = [](const data_reader& data) -> std::unique_ptr<const node> {
      return std::make_unique<condition_node>(data.condition("expr", true).value_or(logic::rule{}));
    },
    .gives_condition = true,
};

}  // namespace pawl::flow
