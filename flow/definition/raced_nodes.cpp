#include "flow/definition/raced_nodes.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "flow/definition/walk.hpp"

namespace pawl::flow {
namespace {

/// Whether a node is a join that may go on before all branches have arrived.
bool waits_for_some(const node_definition& node) {
  if (node.type != "join" || !node.data.is_object()) return false;
  const auto wanted = node.data.find("wait_for");
  return wanted != node.data.end() && !wanted->is_null() && *wanted != "all";
}

/// The targets of the edges of each node.
struct edge_targets {
  std::vector<std::vector<node_index>> all, plain;

  explicit edge_targets(const definition& flow) : all(flow.nodes.size()), plain(flow.nodes.size()) {
    std::unordered_map<std::string_view, node_index> index;
    for (std::size_t i = 0; i < flow.nodes.size(); ++i)
      index.emplace(flow.nodes[i].id, static_cast<node_index>(i));
    for (const auto& edge : flow.edges) {
      const auto from = index.find(edge.source), to = index.find(edge.target);
      if (from == index.end() || to == index.end()) continue;
      all[from->second].push_back(to->second);
      if (edge.is_normal() && !edge.when) plain[from->second].push_back(to->second);
    }
  }

  /// What can be reached from some nodes without passing others.
  [[nodiscard]] std::vector<bool> reached_from(std::vector<node_index> first,
                                               const std::vector<bool>& ends) const {
    return reached(all.size(), std::move(first), [&](node_index at, const auto& visit) {
      if (ends[at]) return;
      for (const node_index to : all[at]) visit(to);
    });
  }
};

}  // namespace

std::vector<bool> raced_nodes(const definition& flow) {
  std::vector<bool> raced(flow.nodes.size()), is_join(flow.nodes.size());
  std::vector<node_index> joins;
  for (node_index i = 0; i < flow.nodes.size(); ++i) {
    if (!waits_for_some(flow.nodes[i])) continue;
    is_join[i] = true;
    joins.push_back(i);
  }
  if (joins.empty()) return raced;
  const edge_targets targets{flow};
  for (node_index fork = 0; fork < flow.nodes.size(); ++fork) {
    const auto& branches = targets.plain[fork];
    if (branches.size() < 2) continue;
    std::vector<bool> ends = is_join;
    ends[fork] = true;
    std::vector<std::size_t> arriving(flow.nodes.size());
    for (const node_index branch : branches) {
      const auto inside = targets.reached_from({branch}, ends);
      for (const node_index join : joins) arriving[join] += inside[join] ? 1 : 0;
    }
    if (std::none_of(joins.begin(), joins.end(), [&](node_index j) { return arriving[j] > 1; }))
      continue;
    const auto inside = targets.reached_from(branches, ends);
    for (node_index i = 0; i < flow.nodes.size(); ++i) raced[i] = raced[i] || inside[i];
  }
  // Nothing drops the branch that goes on from a join.
  std::vector<node_index> onward;
  for (const node_index join : joins)
    onward.insert(onward.end(), targets.all[join].begin(), targets.all[join].end());
  const auto after = targets.reached_from(std::move(onward), std::vector<bool>(raced.size()));
  for (node_index i = 0; i < flow.nodes.size(); ++i) raced[i] = raced[i] && !after[i];
  return raced;
}

}  // namespace pawl::flow
