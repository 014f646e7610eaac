#include "flow/analysis/conflicts.hpp"

#include <algorithm>
#include <map>
#include <string>

#include <pawl/code_ref.hpp>

#include "flow/analysis/writes.hpp"
#include "flow/logic/value_template.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

using kind = live_graph::kind;

constexpr std::size_t max_reported = 100;
/// Nodes that are visited in all: enough for a real flow, too few for a hostile one to cost time.
constexpr std::size_t max_visited = 20'000;

/// Whether a merge of the fork's branches fails if two of them wrote different values.
bool merge_may_fail(const live_graph& graph, node_index fork) {
  for (node_index i = 0; i < graph.size(); ++i) {
    const auto& closes = graph.at(i).closes;
    if (!std::binary_search(closes.begin(), closes.end(), fork)) continue;
    const join_plan& plan = *graph.at(i).behaviour->join();
    // One that waits for some branches may never meet both.
    if (plan.policy != merge_policy::error || plan.needed > 0) return false;
  }
  return true;
}

/// The value of a key that a node sets without a rule; null if it is computed elsewhere.
const json* literal_of(const live_graph& graph, node_index i, const std::string& key) {
  if (graph.at(i).type != "set") return nullptr;
  const json& value = graph.source_of(i).data.at("values").at(key);
  return logic::is_computed(value) || value.is_structured() ? nullptr : &value;
}

/// The nodes that write a key on the path that begins at a node and has no alternatives, through
/// the bodies of sections. Visits at most `left` nodes, and counts them.
std::map<std::string, node_index> sure_writes(const live_graph& graph, node_index at,
                                              std::size_t& left) {
  std::map<std::string, node_index> found;
  for (std::size_t steps = 0; steps < graph.size() && !graph.at(at).behaviour->join(); ++steps) {
    if (left == 0) break;
    --left;
    if (graph.at(at).behaviour->section())
      found.merge(sure_writes(graph, graph.at(at).each->target, left));
    if (!graph.at(at).behaviour->map())
      for (const auto& key : keys_written_by(graph, at).keys) found[key] = at;
    const auto plain = graph.plain(at);
    const bool has_choice =
        std::any_of(graph.edges(at).begin(), graph.edges(at).end(), [](const auto& each) {
          return each.of == kind::event || each.of == kind::timeout ||
                 (each.of == kind::normal && (each.edge->when || each.edge->follows));
        });
    if (plain.size() != 1 || has_choice) break;
    at = plain.front()->target;
  }
  return found;
}

}  // namespace

void warn_conflicting_writes(const live_graph& graph, std::vector<diagnostic>& diagnostics) {
  std::size_t reported = 0;
  std::size_t left = max_visited;
  for (node_index fork = 0; fork < graph.size(); ++fork) {
    const auto branches = graph.plain(fork);
    if (branches.size() < 2 || !merge_may_fail(graph, fork)) continue;
    std::map<std::string, node_index> first;
    for (const auto* const branch : branches) {
      for (const auto& [key, node] : sure_writes(graph, branch->target, left)) {
        const auto [before, is_new] = first.try_emplace(key, node);
        if (is_new || before->second == node) continue;
        const json* const a = literal_of(graph, before->second, key);
        const json* const z = literal_of(graph, node, key);
        if ((a != nullptr && z != nullptr && *a == *z) || reported == max_reported) continue;
        ++reported;
        diagnostics.push_back(
            {severity::warning, graph.source_of(node).pointer, "conflicting_writes",
             "the nodes " + pawl::quoted(graph.at(before->second).id) + " and " +
                 pawl::quoted(graph.at(node).id) + ", on branches of " +
                 pawl::quoted(graph.at(fork).id) + ", both write " + pawl::quoted(key) +
                 ": different values fail the merge; let one of them write another key, for "
                 "example by \"into\", or set the \"merge\" of a join"});
      }
    }
  }
}

}  // namespace pawl::flow
