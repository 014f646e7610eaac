#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/node_types.hpp"

namespace pawl::flow {
namespace {

/// The entry of a flow. Passes the token on.
class start_node final : public node {
 public:
  void enter(transition_builder& run, token& t) const override { run.branches().leave(t); }
};

}  // namespace

const node_type start_type{
    .name = "start",
    .keys = {},
    .make = [](const data_reader&) -> std::unique_ptr<const node> {
      return std::make_unique<start_node>();
    },
    .may_fail = false,
};

}  // namespace pawl::flow
