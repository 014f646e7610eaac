#pragma once

#include <vector>

#include "flow/analysis/live_graph.hpp"

namespace pawl::flow {

/// Warns of rules that read a key of the data which neither the run's input nor anything before
/// them writes: only where the schema says which keys an input may have. What functions, signals
/// and answers write without an `into` is not known, and neither is anything behind them.
void warn_unwritten(const live_graph& graph, const json& input_schema,
                    std::vector<diagnostic>& diagnostics);

}  // namespace pawl::flow
