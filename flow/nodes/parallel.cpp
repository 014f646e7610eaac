#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/node_types.hpp"

namespace pawl::flow {
namespace {

/// Starts a branch for each of its edges (fan-out). Several plain edges do the same at any node;
/// this type makes the fork explicit.
class parallel_node final : public node {
 public:
  void enter(transition_builder& run, token& t) const override { run.branches().leave(t); }
};

}  // namespace

const node_type parallel_type{
    .name = "parallel",
    .keys = {},
    .make = [](const data_reader&) -> std::unique_ptr<const node> {
      return std::make_unique<parallel_node>();
    },
    .may_fail = false,
    .forks = true,
};

}  // namespace pawl::flow
