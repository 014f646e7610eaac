#pragma once

#include <vector>

#include "flow/definition/compiled.hpp"

namespace pawl::flow {

/// Finds for every join the forks whose branches meet there: those from which it can be reached by
/// at least two of their branches without passing the fork again. Joins inside the items of a map
/// close forks inside the same items only. Writes `compiled_node::closes`.
/// Takes time in proportion to the edges of forks times the edges of the flow.
void find_joined_forks(std::vector<compiled_node>& nodes);

}  // namespace pawl::flow
