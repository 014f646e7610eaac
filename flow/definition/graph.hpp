#pragma once

#include <string>
#include <vector>

#include "flow/definition/definition.hpp"
#include "flow/machine/state.hpp"

namespace pawl::flow {

/// Checks what can be seen from names, types and edges alone: sizes, ids, types, keys, dangling
/// edges, the entry, unreachable nodes, loops without a way out.
void check_graph(const definition& flow, const limits& allowed,
                 std::vector<diagnostic>& diagnostics);

/// The first start node, else the first node. The definition has at least one node.
[[nodiscard]] node_index entry_of(const definition& flow);

/// An `invalid_flow` error whose message counts the diagnostics and quotes the first error.
[[nodiscard]] error invalid_flow(const std::string& name, std::vector<diagnostic> diagnostics);

}  // namespace pawl::flow
