#pragma once

#include <vector>

#include "flow/definition/compiled.hpp"

namespace pawl::flow {

/// Warnings about what runs of a flow without errors would do, each with the path that shows it:
/// edges that are never taken, loops whose ways out are among them, joins for more branches than
/// can come, joins that wait for each other, and rules that read what nothing before them writes.
/// What depends on data or chance is not told: only what is so in every run. Takes time in
/// proportion to the edges of forks and the nodes with rules times the edges.
void check_soundness(const definition& flow, const std::vector<compiled_node>& nodes,
                     node_index entry, std::vector<diagnostic>& diagnostics);

}  // namespace pawl::flow
