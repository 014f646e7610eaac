#pragma once

#include <vector>

#include "flow/definition/compiled.hpp"

namespace pawl::flow {

/// Warns about problems that every run of a valid flow has, each with a path that shows it: edges
/// that are never taken, loops whose exits are never taken, joins that wait for more branches than
/// can arrive, joins that wait for each other, settings that change nothing, and rules that read
/// what no run has or what nothing before them writes. Does not report what depends on data or
/// timing. Time: (edges of forks + nodes with rules) × (edges of the flow).
void check_soundness(const definition& flow, const std::vector<compiled_node>& nodes,
                     node_index entry, std::vector<diagnostic>& diagnostics);

}  // namespace pawl::flow
