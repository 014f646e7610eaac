#include "flow/joins.hpp"

#include <algorithm>

#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

/// Not those of edges `each`: an item of a map is no branch of a fork before the map.
template <class Visit>
void for_each_target(const compiled_node& node, Visit visit) {
  for (const auto& edge : node.conditional) visit(edge.target);
  for (const auto& edge : node.plain) visit(edge.target);
  for (const auto& edge : node.on_error) visit(edge.target);
  if (node.on_timeout) visit(node.on_timeout->target);
}

/// What can be reached from `from` without passing `around`.
std::vector<bool> reached_from(const std::vector<compiled_node>& nodes, node_index from,
                               node_index around) {
  std::vector<bool> reached(nodes.size());
  if (from == around) return reached;
  std::vector<node_index> open{from};
  reached[from] = true;
  while (!open.empty()) {
    const node_index at = open.back();
    open.pop_back();
    for_each_target(nodes[at], [&](node_index to) {
      if (to == around || reached[to]) return;
      reached[to] = true;
      open.push_back(to);
    });
  }
  return reached;
}

}  // namespace

void find_joined_forks(std::vector<compiled_node>& nodes) {
  std::vector<node_index> joins;
  for (node_index i = 0; i < nodes.size(); ++i)
    if (nodes[i].behaviour->join() != nullptr) joins.push_back(i);
  if (joins.empty()) return;
  for (node_index fork = 0; fork < nodes.size(); ++fork) {
    if (nodes[fork].plain.size() < 2) continue;
    std::vector<int> ways(nodes.size());
    for (const auto& edge : nodes[fork].plain) {
      const auto reached = reached_from(nodes, edge.target, fork);
      for (const node_index join : joins) ways[join] += reached[join] ? 1 : 0;
    }
    for (const node_index join : joins)
      if (ways[join] > 1) nodes[join].closes.push_back(fork);
  }
}

}  // namespace pawl::flow
