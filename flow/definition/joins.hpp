#pragma once

#include <vector>

#include "flow/definition/compiled.hpp"

namespace pawl::flow {

/// Finds the forks that each join closes and stores them in `compiled_node::closes`. A join closes
/// a fork if at least two branches of the fork reach it without passing the fork again. A join
/// inside the items of a map closes only forks inside the same items.
/// Time: (edges of forks) × (edges of the flow).
void find_joined_forks(std::vector<compiled_node>& nodes);

}  // namespace pawl::flow
