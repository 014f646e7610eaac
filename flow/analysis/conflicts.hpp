#pragma once

#include <vector>

#include "flow/analysis/live_graph.hpp"

namespace pawl::flow {

/// Warns of branches of a fork that write the same key whenever their steps succeed, or their
/// errors to the same key, although the merge of the fork takes no two different values.
void warn_conflicting_writes(const live_graph& graph, std::vector<diagnostic>& diagnostics);

}  // namespace pawl::flow
