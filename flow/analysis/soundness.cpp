#include "flow/analysis/soundness.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <pawl/code_ref.hpp>

#include "flow/analysis/conflicts.hpp"
#include "flow/analysis/empty_texts.hpp"
#include "flow/analysis/error_edges.hpp"
#include "flow/analysis/idle_settings.hpp"
#include "flow/analysis/live_graph.hpp"
#include "flow/analysis/loop_deadlines.hpp"
#include "flow/analysis/response_members.hpp"
#include "flow/analysis/unwritten.hpp"
#include "flow/definition/graph.hpp"
#include "flow/definition/raced_nodes.hpp"
#include "flow/definition/walk.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

using kind = live_graph::kind;

class soundness_checker {
 public:
  soundness_checker(const live_graph& graph, std::vector<bool> raced,
                    std::vector<diagnostic>& diagnostics)
      : graph_(graph), raced_(std::move(raced)), diagnostics_(diagnostics) {}

  void check() {
    for (const auto& dead : graph_.dead()) report_dead(dead);
    check_loops();
    check_needs();
    check_deadlocks();
  }

 private:
  void warn(std::string pointer, std::string code, std::string message) {
    diagnostics_.push_back(
        {severity::warning, std::move(pointer), std::move(code), std::move(message)});
  }

  void report_dead(const live_graph::dead_edge& dead) {
    auto path = graph_.path(graph_.entry(), dead.from);
    if (path.empty()) return;  // an earlier edge is dead and reported
    path.push_back(dead.edge->target);
    warn(graph_.source_of(dead.from, *dead.edge).pointer, "dead_edge",
         "no run takes the last edge of the path " + graph_.format(path) + ": " + dead.reason);
  }

  /// Like `check_graph`, but only for the edges that runs can take.
  void check_loops() {
    const auto reached = graph_.reached_from(graph_.entry());
    std::vector<bool> timed(graph_.size());  // in the body of a section with a deadline
    for (node_index i = 0; i < graph_.size(); ++i) {
      if (!graph_.at(i).each || !has_deadline(graph_.source_of(i))) continue;
      const auto inside = graph_.reached_from(graph_.at(i).each->target);
      for (node_index n = 0; n < graph_.size(); ++n) timed[n] = timed[n] || inside[n];
    }
    const auto has_exit = with_exit(
        graph_.size(), [&](node_index i) { return timed[i] || graph_.may_end(i); },
        [&](node_index at, const auto& visit) {
          for (const auto& [edge, of] : graph_.edges(at))
            if (of != kind::each) visit(edge->target);
        });
    std::vector<bool> visited(graph_.size());
    for (node_index i = 0; i < graph_.size(); ++i)
      if (reached[i] && !has_exit[i] && !visited[i]) report_loop(i, visited);
  }

  void report_loop(node_index at, std::vector<bool>& visited) {
    std::vector<node_index> path;
    // Without an exit every edge leads to a node without one, so this walk ends in a repeat.
    while (!visited[at]) {
      visited[at] = true;
      path.push_back(at);
      const auto& edges = graph_.edges(at);
      at = std::find_if(edges.begin(), edges.end(), [](const auto& e) {
             return e.of != kind::each;
           })->edge->target;
    }
    const auto first = std::find(path.begin(), path.end(), at);
    if (first == path.end()) return;  // it leads into a loop that is reported already
    std::vector<node_index> loop{first, path.end()};
    loop.push_back(at);
    if (raced_[at]) {
      return warn(
          graph_.source_of(at).pointer, "endless_loop",
          "only a join that drops its branch ends the loop " + graph_.format(loop) +
              ": if no other branch arrives there, it is repeated up to the limit of visits");
    }
    warn(graph_.source_of(at).pointer, "endless_loop",
         "a run that enters the loop " + graph_.format(loop) +
             " repeats it up to the limit of visits: no edge that leaves the loop is ever taken");
  }

  [[nodiscard]] static bool is_fork_of(const compiled_node& join, node_index fork) {
    return std::binary_search(join.closes.begin(), join.closes.end(), fork);
  }

  /// Finds joins that wait for more branches than any fork that they close can send.
  void check_needs() {
    const auto reached = graph_.reached_from(graph_.entry());
    std::map<node_index, std::size_t> arriving;  // maximum number of branches, by join
    for (node_index i = 0; i < graph_.size(); ++i) {
      const join_plan* const plan = graph_.at(i).behaviour->join();
      if (plan != nullptr && plan->needed > 1 && reached[i] && !graph_.at(i).closes.empty())
        arriving[i] = 0;
    }
    if (arriving.empty()) return;
    for (node_index fork = 0; fork < graph_.size(); ++fork) {
      std::vector<std::size_t> branches(graph_.size());
      for (const auto* const edge : graph_.plain(fork)) {
        const auto reachable = graph_.reached_from(edge->target, fork, false);
        for (const auto& [join, count] : arriving) branches[join] += reachable[join] ? 1 : 0;
      }
      for (auto& [join, count] : arriving)
        if (is_fork_of(graph_.at(join), fork)) count = std::max(count, branches[join]);
    }
    for (const auto& [join, count] : arriving) {
      const auto needed = graph_.at(join).behaviour->join()->needed;
      if (count >= needed) continue;
      warn(graph_.source_of(join).pointer + "/data/wait_for", "too_few_branches",
           "the join at the end of the path " + graph_.path_to(join) + " waits for " +
               std::to_string(needed) + " branches, but at most " + std::to_string(count) +
               " can arrive: the run will fail there");
    }
  }

  /// Finds forks with two branches that can only reach different joins.
  void check_deadlocks() {
    // A join that drops branches may end a deadlock.
    for (node_index i = 0; i < graph_.size(); ++i) {
      const join_plan* const plan = graph_.at(i).behaviour->join();
      if (plan != nullptr && plan->needed > 0) return;
    }
    const auto reached = graph_.reached_from(graph_.entry());
    for (node_index fork = 0; fork < graph_.size(); ++fork) {
      const auto branches = graph_.plain(fork);
      if (!reached[fork] || branches.size() < 2) continue;
      std::vector<std::pair<const compiled_edge*, std::vector<bool>>> bound;
      for (const auto* const edge : branches) {
        auto joins = joins_of(fork, edge->target);
        if (joins.empty()) continue;
        const auto is_same = [&](const auto& b) { return b.second == joins; };
        if (std::any_of(bound.begin(), bound.end(), is_same)) continue;
        if (bound.size() == max_compared || report_if_disjoint(fork, bound, edge, joins)) break;
        bound.emplace_back(edge, std::move(joins));
      }
    }
  }

  /// The joins of the fork that the branch at `first` may reach first; empty if the branch may end
  /// before it reaches one, or return to the fork.
  [[nodiscard]] std::vector<bool> joins_of(node_index fork, node_index first) const {
    std::vector<bool> joins(graph_.size()), seen(graph_.size());
    std::vector<node_index> open{first};
    bool any = false;
    while (!open.empty()) {
      const node_index at = open.back();
      open.pop_back();
      if (seen[at]) continue;
      seen[at] = true;
      if (at == fork) return {};
      if (is_fork_of(graph_.at(at), fork)) {
        joins[at] = any = true;
        continue;
      }
      if (graph_.at(at).type == "fail") continue;
      if (graph_.may_end(at)) return {};
      for (const auto& [edge, of] : graph_.edges(at))
        if (of != kind::each) open.push_back(edge->target);
    }
    return any ? joins : std::vector<bool>{};
  }

  bool report_if_disjoint(
      node_index fork, const std::vector<std::pair<const compiled_edge*, std::vector<bool>>>& bound,
      const compiled_edge* edge, const std::vector<bool>& joins) {
    const auto first_of = [](const std::vector<bool>& set) {
      return static_cast<node_index>(std::find(set.begin(), set.end(), true) - set.begin());
    };
    for (const auto& [other, others] : bound) {
      bool disjoint = true;
      for (node_index i = 0; i < graph_.size(); ++i)
        disjoint = disjoint && !(joins[i] && others[i]);
      if (!disjoint) continue;
      const node_index here = first_of(others), there = first_of(joins);
      warn(graph_.source_of(here).pointer, "join_deadlock",
           "deadlock: one branch arrives by " + branch_path(fork, *other, here) + ", another by " +
               branch_path(fork, *edge, there) +
               ", and each of the two joins waits for the other branch");
      return true;
    }
    return false;
  }

  [[nodiscard]] std::string branch_path(node_index fork, const compiled_edge& edge,
                                        node_index join) const {
    auto path = graph_.path(edge.target, join);
    path.insert(path.begin(), fork);
    return graph_.format(path);
  }

  /// Maximum number of different branches of a fork that are compared with each other.
  static constexpr std::size_t max_compared = 32;

  const live_graph& graph_;
  const std::vector<bool> raced_;
  std::vector<diagnostic>& diagnostics_;
};

}  // namespace

void check_soundness(const definition& flow, const std::vector<compiled_node>& nodes,
                     node_index entry, std::vector<diagnostic>& diagnostics) {
  const live_graph graph{flow, nodes, entry};
  soundness_checker{graph, raced_nodes(flow), diagnostics}.check();
  warn_conflicting_writes(graph, diagnostics);
  warn_of_error_edges(graph, diagnostics);
  warn_of_response_members(graph, diagnostics);
  warn_of_idle_settings(graph, diagnostics);
  warn_of_loops_before_deadlines(graph, diagnostics);
  warn_of_hidden_keys(graph, flow.vars.has_value(), diagnostics);
  if (!flow.input_schema) return;
  warn_unwritten(graph, flow, diagnostics);
  warn_empty_in_texts(graph, flow, diagnostics);
}

}  // namespace pawl::flow
