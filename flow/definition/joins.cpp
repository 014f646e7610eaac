#include "flow/definition/joins.hpp"

#include <algorithm>

#include "flow/definition/walk.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

/// Nodes that can be reached from `from` without passing `avoid`.
std::vector<bool> reached_from(const std::vector<compiled_node>& nodes, node_index from,
                               node_index avoid) {
  if (from == avoid) return std::vector<bool>(nodes.size());
  return reached(nodes.size(), {from}, [&](node_index at, const auto& visit) {
    for_each_target(nodes[at], [&](node_index to) {
      if (to != avoid) visit(to);
    });
  });
}

}  // namespace

void find_joined_forks(std::vector<compiled_node>& nodes) {
  std::vector<node_index> joins;
  for (node_index i = 0; i < nodes.size(); ++i)
    if (nodes[i].behaviour->join() != nullptr) joins.push_back(i);
  if (joins.empty()) return;
  for (node_index fork = 0; fork < nodes.size(); ++fork) {
    if (nodes[fork].plain.size() < 2) continue;
    std::vector<int> branches(nodes.size());  // of this fork that reach each join
    for (const auto& edge : nodes[fork].plain) {
      const auto reachable = reached_from(nodes, edge.target, fork);
      for (const node_index join : joins) branches[join] += reachable[join] ? 1 : 0;
    }
    for (const node_index join : joins)
      if (branches[join] > 1) nodes[join].closes.push_back(fork);
  }
}

}  // namespace pawl::flow
