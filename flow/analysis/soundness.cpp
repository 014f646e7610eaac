#include "flow/analysis/soundness.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <pawl/code_ref.hpp>

#include "flow/analysis/live_graph.hpp"
#include "flow/analysis/unwritten.hpp"
#include "flow/definition/walk.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

using kind = live_graph::kind;

class soundness_checker {
 public:
  soundness_checker(const live_graph& graph, std::vector<diagnostic>& diagnostics)
      : graph_(graph), diagnostics_(diagnostics) {}

  void check() {
    for (const auto& dead : graph_.dead()) tell_dead(dead);
    check_loops();
    check_needs();
    check_deadlocks();
  }

 private:
  void warn(std::string pointer, std::string code, std::string message) {
    diagnostics_.push_back(
        {severity::warning, std::move(pointer), std::move(code), std::move(message)});
  }

  void tell_dead(const live_graph::dead_edge& dead) {
    auto way = graph_.way(graph_.entry(), dead.from);
    if (way.empty()) return;  // that is told of an edge before
    way.push_back(dead.edge->target);
    warn(graph_.source_of(dead.from, *dead.edge).pointer, "dead_edge",
         "no run goes the way " + graph_.shown(way) + ": of its last edge, " + dead.why);
  }

  /// As `check_graph` does for all edges: here for those that are taken.
  void check_loops() {
    const auto reached = graph_.reached_from(graph_.entry());
    const auto has_way_out = with_way_out(
        graph_.size(), [&](node_index i) { return graph_.may_end(i); },
        [&](node_index at, const auto& visit) {
          for (const auto& [edge, of] : graph_.edges(at))
            if (of != kind::each) visit(edge->target);
        });
    std::vector<bool> told(graph_.size());
    for (node_index i = 0; i < graph_.size(); ++i)
      if (reached[i] && !has_way_out[i] && !told[i]) tell_loop(i, told);
  }

  void tell_loop(node_index at, std::vector<bool>& told) {
    std::vector<node_index> way;
    // Without a way out every edge leads to a node without one: walking on ends in a repeat.
    while (!told[at]) {
      told[at] = true;
      way.push_back(at);
      const auto& edges = graph_.edges(at);
      at = std::find_if(edges.begin(), edges.end(), [](const auto& e) {
             return e.of != kind::each;
           })->edge->target;
    }
    const auto first = std::find(way.begin(), way.end(), at);
    if (first == way.end()) return;  // it leads into a loop that was told before
    std::vector<node_index> circle{first, way.end()};
    circle.push_back(at);
    warn(graph_.source_of(at).pointer, "endless_loop",
         "no run that comes to the loop " + graph_.shown(circle) +
             " leaves it before its limit of visits: the edges that would are never taken");
  }

  [[nodiscard]] static bool is_fork_of(const compiled_node& join, node_index fork) {
    return std::binary_search(join.closes.begin(), join.closes.end(), fork);
  }

  /// A join for more branches than any fork it closes can send.
  void check_needs() {
    const auto reached = graph_.reached_from(graph_.entry());
    std::map<node_index, std::size_t> most;  // by join
    for (node_index i = 0; i < graph_.size(); ++i) {
      const join_plan* const plan = graph_.at(i).behaviour->join();
      if (plan != nullptr && plan->needed > 1 && reached[i] && !graph_.at(i).closes.empty())
        most[i] = 0;
    }
    if (most.empty()) return;
    for (node_index fork = 0; fork < graph_.size(); ++fork) {
      std::vector<std::size_t> ways(graph_.size());
      for (const auto* const edge : graph_.plain(fork)) {
        const auto behind = graph_.reached_from(edge->target, fork, false);
        for (const auto& [join, count] : most) ways[join] += behind[join] ? 1 : 0;
      }
      for (auto& [join, count] : most)
        if (is_fork_of(graph_.at(join), fork)) count = std::max(count, ways[join]);
    }
    for (const auto& [join, count] : most) {
      const auto needed = graph_.at(join).behaviour->join()->needed;
      if (count >= needed) continue;
      warn(graph_.source_of(join).pointer + "/data/wait_for", "too_few_branches",
           "the join on the way " + graph_.way_to(join) + " waits for " + std::to_string(needed) +
               " branches, but no more than " + std::to_string(count) +
               " can come: the run will fail there");
    }
  }

  /// Two branches of a fork each of which can only come to joins at which the other never arrives.
  void check_deadlocks() {
    // A join that drops branches could set those free that wait for each other.
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
        if (bound.size() == most_compared || tell_if_apart(fork, bound, edge, joins)) break;
        bound.emplace_back(edge, std::move(joins));
      }
    }
  }

  /// The joins that close the fork and one of which a branch comes to first, whatever happens on
  /// its way; none if it may end before, or fork there again.
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

  bool tell_if_apart(node_index fork,
                     const std::vector<std::pair<const compiled_edge*, std::vector<bool>>>& bound,
                     const compiled_edge* edge, const std::vector<bool>& joins) {
    const auto first_of = [](const std::vector<bool>& set) {
      return static_cast<node_index>(std::find(set.begin(), set.end(), true) - set.begin());
    };
    for (const auto& [other, others] : bound) {
      bool apart = true;
      for (node_index i = 0; i < graph_.size(); ++i) apart = apart && !(joins[i] && others[i]);
      if (!apart) continue;
      const node_index here = first_of(others), there = first_of(joins);
      warn(graph_.source_of(here).pointer, "join_deadlock",
           "two joins wait for each other: one branch comes by " + by(fork, *other, here) +
               ", another by " + by(fork, *edge, there) +
               ", and each join waits for the other's branch");
      return true;
    }
    return false;
  }

  [[nodiscard]] std::string by(node_index fork, const compiled_edge& edge, node_index join) const {
    auto way = graph_.way(edge.target, join);
    way.insert(way.begin(), fork);
    return graph_.shown(way);
  }

  /// Branches of one fork that are compared with each other, if they differ.
  static constexpr std::size_t most_compared = 32;

  const live_graph& graph_;
  std::vector<diagnostic>& diagnostics_;
};

}  // namespace

void check_soundness(const definition& flow, const std::vector<compiled_node>& nodes,
                     node_index entry, std::vector<diagnostic>& diagnostics) {
  const live_graph graph{flow, nodes, entry};
  soundness_checker{graph, diagnostics}.check();
  if (flow.input_schema) warn_unwritten(graph, *flow.input_schema, diagnostics);
}

}  // namespace pawl::flow
