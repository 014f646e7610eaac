#pragma once

#include <vector>

#include "flow/analysis/live_graph.hpp"

namespace pawl::flow {

/// Warns of `result` of http nodes that reads a member which no response has, such as
/// `result.items` for `result.json.items`.
void warn_of_response_members(const live_graph& graph, std::vector<diagnostic>& diagnostics);

}  // namespace pawl::flow
