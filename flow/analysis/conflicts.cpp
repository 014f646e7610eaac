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

/// Calls `visit` with the nodes of the path that begins at a node and has no alternatives but those
/// of errors, through the bodies of sections. Visits at most `left` nodes, and counts them.
template <class Visit>
void each_sure_node(const live_graph& graph, node_index at, std::size_t& left, const Visit& visit) {
  for (std::size_t steps = 0; steps < graph.size() && !graph.at(at).behaviour->join(); ++steps) {
    if (left == 0) break;
    --left;
    if (graph.at(at).behaviour->section())
      each_sure_node(graph, graph.at(at).each->target, left, visit);
    visit(at);
    const auto plain = graph.plain(at);
    const bool has_choice =
        std::any_of(graph.edges(at).begin(), graph.edges(at).end(), [](const auto& each) {
          return each.of == kind::event || each.of == kind::timeout ||
                 (each.of == kind::normal && (each.edge->when || each.edge->follows));
        });
    if (plain.size() != 1 || has_choice) break;
    at = plain.front()->target;
  }
}

using writers = std::map<std::string, node_index>;

/// The keys that a branch surely writes, each with the last node that does.
writers sure_writes(const live_graph& graph, node_index at, std::size_t& left) {
  writers found;
  each_sure_node(graph, at, left, [&](node_index i) {
    for (const auto& key : keys_written_by(graph, i).sure) found[key] = i;
  });
  return found;
}

/// The keys that receive errors of a branch, each with the last node that can fail into it.
writers caught_errors(const live_graph& graph, node_index at, std::size_t& left) {
  writers found;
  each_sure_node(graph, at, left, [&](node_index i) {
    for (const auto& [edge, of] : graph.edges(i))
      if (of == kind::error && graph.at(edge->target).type != "fail")
        found[edge->into.empty() ? "error" : edge->into] = i;
  });
  return found;
}

/// Finds the keys that two branches of a fork write. `of_branch` returns those of one, `report`
/// takes a key and the two nodes.
template <class OfBranch, class Report>
void compare_branches(const std::vector<const compiled_edge*>& branches, const OfBranch& of_branch,
                      const Report& report) {
  writers first;
  for (const auto* const branch : branches) {
    for (const auto& [key, node] : of_branch(branch->target)) {
      const auto [before, is_new] = first.try_emplace(key, node);
      if (!is_new && before->second != node) report(key, before->second, node);
    }
  }
}

}  // namespace

void warn_conflicting_writes(const live_graph& graph, std::vector<diagnostic>& diagnostics) {
  std::size_t reported = 0;
  std::size_t left = max_visited;
  for (node_index fork = 0; fork < graph.size(); ++fork) {
    const auto branches = graph.plain(fork);
    if (branches.size() < 2 || !merge_may_fail(graph, fork)) continue;
    const auto warn = [&](const char* code, node_index a, node_index z, const std::string& what) {
      if (reported == max_reported) return;
      ++reported;
      diagnostics.push_back({severity::warning, graph.source_of(z).pointer, code,
                             "the nodes " + pawl::quoted(graph.at(a).id) + " and " +
                                 pawl::quoted(graph.at(z).id) + ", on branches of " +
                                 pawl::quoted(graph.at(fork).id) + ", both write " + what});
    };
    compare_branches(
        branches, [&](node_index first) { return sure_writes(graph, first, left); },
        [&](const std::string& key, node_index a, node_index z) {
          const json* const one = literal_of(graph, a, key);
          const json* const other = literal_of(graph, z, key);
          if (one != nullptr && other != nullptr && *one == *other) return;
          warn("conflicting_writes", a, z,
               pawl::quoted(key) +
                   ": different values fail the merge; let one of them write another key, for "
                   "example by \"into\", or set the \"merge\" of a join");
        });
    compare_branches(
        branches, [&](node_index first) { return caught_errors(graph, first, left); },
        [&](const std::string& key, node_index a, node_index z) {
          warn("conflicting_errors", a, z,
               "their error to " + pawl::quoted(key) +
                   ": if both fail, the merge fails; let an \"on_error\" edge of one of them write "
                   "another key by \"into\", or set the \"merge\" of a join");
        });
  }
}

}  // namespace pawl::flow
