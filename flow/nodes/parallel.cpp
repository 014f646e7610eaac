#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/node_types.hpp"

namespace pawl::flow {
namespace {

/// Forks into a branch for each of its edges: what several plain edges do at any node, said aloud.
class parallel_node final : public node {
 public:
  void enter(transition_builder& run, token& t) const override { run.leave(t); }
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
