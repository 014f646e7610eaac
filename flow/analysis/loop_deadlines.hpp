#pragma once

#include <vector>

#include "flow/analysis/live_graph.hpp"

namespace pawl::flow {

/// Warns of loops that reach the maximum of visits of a node before the deadline of a section
/// around them, if both the wait of the loop and the deadline are literal. Only loops with one wait
/// and nothing else that waits, so that the wait alone tells how long a round takes at least.
void warn_of_loops_before_deadlines(const live_graph& graph, std::vector<diagnostic>& diagnostics);

}  // namespace pawl::flow
