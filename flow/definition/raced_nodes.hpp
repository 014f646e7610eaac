#pragma once

#include <vector>

#include "flow/definition/definition.hpp"

namespace pawl::flow {

/// Returns, for each node, whether it is only on branches of a fork that a join may drop, because
/// it waits for some of them: a loop there ends with the race, even if nothing leaves it. Edges of
/// unknown nodes are ignored. Time: (edges of forks) × (edges of the flow).
[[nodiscard]] std::vector<bool> raced_nodes(const definition& flow);

}  // namespace pawl::flow
