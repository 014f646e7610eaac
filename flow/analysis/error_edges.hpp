#pragma once

#include <vector>

#include "flow/analysis/live_graph.hpp"

namespace pawl::flow {

/// Warns of edges that take errors by what no error has: a member that is elsewhere, such as
/// `error.status`, and for http nodes a status or a misspelled word in place of an error type.
void warn_of_error_edges(const live_graph& graph, std::vector<diagnostic>& diagnostics);

}  // namespace pawl::flow
