#pragma once

#include <string>
#include <vector>

#include "flow/definition/definition.hpp"
#include "flow/machine/state.hpp"

namespace pawl::flow {

/// Checks the names, types, keys and edges of a flow: sizes, ids, dangling edges, the entry,
/// unreachable nodes, loops without an exit. Appends a diagnostic for each problem.
void check_graph(const definition& flow, const limits& limits,
                 std::vector<diagnostic>& diagnostics);

/// Whether a node is a section whose body has a deadline.
[[nodiscard]] bool has_deadline(const node_definition& node);

/// Returns the section around the flow if it has one, else the first start node, else the first
/// node. The definition must have a node.
[[nodiscard]] node_index entry_of(const definition& flow);

/// Returns an `invalid_flow` error whose message counts the errors and quotes the first one.
[[nodiscard]] error invalid_flow(const std::string& name, std::vector<diagnostic> diagnostics);

}  // namespace pawl::flow
