#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/node_types.hpp"

namespace pawl::flow {
namespace {

/// Ends a branch. A run completes when its last branch ends.
class end_node final : public node {
 public:
  void enter(transition_builder& run, token& t) const override { run.branches().end(t); }
};

}  // namespace

const node_type end_type{
    .name = "end",
    .keys = {},
    .make = [](const data_reader&) -> std::unique_ptr<const node> {
      return std::make_unique<end_node>();
    },
    .ends_branch = true,
    .may_fail = false,
};

}  // namespace pawl::flow
