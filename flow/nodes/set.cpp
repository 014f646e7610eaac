#include <array>
#include <utility>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/dotted_key.hpp"
#include "flow/nodes/node_types.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow {
namespace {

/// Computes values and stores them in the run's data, without a call.
class set_node final : public node {
 public:
  explicit set_node(const data_reader& data)
      : values_(data.members("values", true).value_or(logic::value_template{})) {
    const json* const written = data.find("values");
    if (written == nullptr || !written->is_object()) return;
    for (const auto& [key, value] : written->items())
      warn_of_dots(data, child_pointer(data.pointer("values"), key), key);
  }

  void enter(transition_builder& run, token& t) const override {
    run.changes().record(event_kind::step_started, t);
    // Stored together: no rule sees another's value.
    const auto computed = run.data().evaluate(t, values_);
    if (!computed) return run.failures().fail_step(t, computed.error());
    run.changes().record(event_kind::step_finished, t, {{"us", 0}});
    run.data().merge(t, *computed, {});
    run.branches().leave(t);
  }

 private:
  logic::value_template values_;
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
