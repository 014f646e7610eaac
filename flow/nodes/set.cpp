#include <array>
#include <utility>
#include <vector>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/node_types.hpp"

namespace pawl::flow {
namespace {

/// Computes values and stores them in the run's data, without a call.
class set_node final : public node {
 public:
  explicit set_node(const data_reader& data) : values_(data.rules("values", true)) {}

  void enter(transition_builder& run, token& t) const override {
    run.changes().record(event_kind::step_started, t);
    json computed = json::object();  // stored together: no rule sees another's value
    for (const auto& [key, rule] : values_) {
      auto value = run.data().evaluate(t, rule);
      if (!value) return run.failures().fail_step(t, value.error());
      computed[key] = *std::move(value);
    }
    run.changes().record(event_kind::step_finished, t, {{"us", 0}});
    run.data().merge(t, computed, {});
    run.branches().leave(t);
  }

 private:
  std::vector<std::pair<std::string, logic::rule>> values_;
};

constexpr std::array<std::string_view, 1> set_keys = {"values"};

}  // namespace

const node_type set_type{
    .name = "set",
    .keys = set_keys,
    .make = [](const data_reader& data) -> std::unique_ptr<const node> {
      return std::make_unique<set_node>(data);
    },
};

}  // namespace pawl::flow
