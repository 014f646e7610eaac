#include <array>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/node_types.hpp"

namespace pawl::flow {
namespace {

constexpr std::array<std::string_view, 3> join_keys = {"wait_for", "merge", "losers"};
constexpr std::array<std::string_view, 3> losers = {"drop", "keep", "compensate"};
constexpr std::array<std::string_view, 4> policies = {"error", "first", "last", "collect"};

join_plan read_plan(const data_reader& data) {
  join_plan plan;
  const json* const needed = data.find("wait_for");
  if (needed != nullptr && *needed == "any") {
    plan.needed = 1;
  } else if (needed != nullptr && *needed != "all") {
    plan.needed = data.count("wait_for", 1, 100'000).value_or(0);
  }
  const auto policy = data.one_of("merge", policies);
  plan.policy = static_cast<merge_policy>(std::find(policies.begin(), policies.end(), policy) -
                                          policies.begin());
  const auto losing = data.one_of("losers", losers);
  plan.keeps_losers = losing == "keep";
  plan.compensates_losers = losing == "compensate";
  if (data.find("losers") != nullptr && plan.needed == 0)
    data.fail("losers", "contradiction", "a join that waits for all branches has no \"losers\"");
  return plan;
}

/// Joins the branches of a fork (fan-in): all of them, or the first `wait_for`, dropping the rest.
class join_node final : public node {
 public:
  explicit join_node(join_plan plan) : plan_(plan) {}

  void enter(transition_builder& run, token& t) const override {
    if (!run.node_of(t).closed_depth(t)) return run.branches().leave(t);  // nothing to join
    run.changes().record(event_kind::branch_arrived, t);
    run.tokens().gather(t);
  }

  const join_plan* join() const noexcept override { return &plan_; }

 private:
  join_plan plan_;
};

}  // namespace

const node_type join_type{
    .name = "join",
    .keys = join_keys,
    .make = [](const data_reader& data) -> std::unique_ptr<const node> {
      return std::make_unique<join_node>(read_plan(data));
    },
    .may_fail = false,
    .joins = true,
};

}  // namespace pawl::flow
