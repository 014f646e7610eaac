#pragma once

#include <vector>

#include "flow/analysis/live_graph.hpp"

namespace pawl::flow {

/// Warns of rules that read a key which neither the run's input has nor any node before them
/// writes. Checks only flows whose schema lists the keys of the input. A function, signal or answer
/// without `into` may write any key, so no rule after it is reported. The flow has an input schema.
void warn_unwritten(const live_graph& graph, const definition& flow,
                    std::vector<diagnostic>& diagnostics);

}  // namespace pawl::flow
