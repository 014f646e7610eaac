#include "flow/analysis/loop_deadlines.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/code_ref.hpp>

#include "flow/definition/flow_section.hpp"
#include "flow/definition/walk.hpp"
#include "flow/nodes/node.hpp"
#include "flow/values/duration.hpp"

namespace pawl::flow {
namespace {

using std::chrono::milliseconds;

/// Types whose nodes may take any time without a function at work.
constexpr std::array<std::string_view, 8> waiting_types = {
    "wait", "signal", "interrupt", "await", "subflow", "map", "section", "join"};

/// A literal duration among the settings of a node, if it is more than 0.
std::optional<milliseconds> literal_duration(const node_definition& node, const char* key) {
  const auto found = node.data.find(key);
  if (found == node.data.end()) return std::nullopt;
  const auto length = duration_of(*found);
  return length && length->count() > 0 ? length : std::nullopt;
}

class loop_deadline_checker {
 public:
  loop_deadline_checker(const live_graph& graph, std::vector<diagnostic>& diagnostics)
      : graph_(graph), diagnostics_(diagnostics), sources_(graph.size()) {
    for (node_index i = 0; i < graph_.size(); ++i)
      each_next(i, [&](node_index to) { sources_[to].push_back(i); });
  }

  void check() {
    for (node_index i = 0; i < graph_.size() && checked_ < max_checked; ++i) {
      if (graph_.at(i).type != "wait") continue;
      const auto wait = literal_duration(graph_.source_of(i), "duration");
      if (!wait) continue;
      ++checked_;
      if (const auto loop = loop_of(i); !loop.empty()) check_loop(i, *wait, loop);
    }
  }

 private:
  template <class Visit>
  void each_next(node_index at, const Visit& visit) const {
    for (const auto& [edge, of] : graph_.edges(at))
      if (of != live_graph::kind::each) visit(edge->target);
  }

  /// The nodes of the loops through a wait; none if it is in no loop, or not the only node there
  /// that waits.
  [[nodiscard]] std::vector<node_index> loop_of(node_index wait) const {
    const auto after = reached(graph_.size(), {wait},
                               [&](node_index at, const auto& visit) { each_next(at, visit); });
    const auto before = reached(graph_.size(), {wait}, [&](node_index at, const auto& visit) {
      for (const node_index from : sources_[at]) visit(from);
    });
    std::vector<node_index> loop;
    for (node_index i = 0; i < graph_.size(); ++i) {
      if (!after[i] || !before[i]) continue;
      const bool waits = std::find(waiting_types.begin(), waiting_types.end(), graph_.at(i).type) !=
                         waiting_types.end();
      if ((waits && i != wait) || loop.size() == max_in_loop) return {};
      loop.push_back(i);
    }
    return repeats(wait, loop, std::nullopt) ? loop : std::vector<node_index>{};
  }

  /// Whether a way leads from the wait to itself within its loop without passing `avoid`.
  [[nodiscard]] bool repeats(node_index wait, const std::vector<node_index>& loop,
                             std::optional<node_index> avoid) const {
    bool comes_back = false;
    static_cast<void>(reached(graph_.size(), {wait}, [&](node_index at, const auto& visit) {
      each_next(at, [&](node_index to) {
        if (to == avoid || !std::binary_search(loop.begin(), loop.end(), to)) return;
        comes_back = comes_back || to == wait;
        visit(to);
      });
    }));
    return comes_back;
  }

  void check_loop(node_index wait, milliseconds round, const std::vector<node_index>& loop) {
    const auto section = first_deadline_around(wait);
    if (!section) return;
    const node_definition& around = graph_.source_of(*section);
    const milliseconds limit = *literal_duration(around, "timeout");
    // Of the nodes that each round passes, the first one that may not be visited often enough.
    const auto too_few = [&](node_index i) {
      return graph_.at(i).max_visits < limit / round && (i == wait || !repeats(wait, loop, i));
    };
    const auto first = std::find_if(loop.begin(), loop.end(), too_few);
    if (first == loop.end()) return;
    diagnostics_.push_back(
        {severity::warning, data_pointer(graph_.source_of(wait), "duration"),
         "visits_before_deadline",
         "the \"timeout\": " + abbreviated(around.data.at("timeout")) + " of the " +
             (is_flow_section(around) ? "flow" : "section " + pawl::quoted(around.id)) +
             " has time for " + std::to_string(limit / round) + " rounds of this loop, but " +
             pawl::quoted(graph_.at(*first).id) + " is visited at most " +
             std::to_string(graph_.at(*first).max_visits) +
             " times: it fails with visit_limit before the deadline; raise \"max_visits\" of the "
             "nodes of the loop, or wait longer"});
  }

  /// The section around a node that has the shortest literal deadline.
  [[nodiscard]] std::optional<node_index> first_deadline_around(node_index at) const {
    std::optional<node_index> found;
    std::optional<milliseconds> least;
    for (node_index i = 0; i < graph_.size(); ++i) {
      if (graph_.at(i).behaviour->section() == nullptr || !graph_.at(i).each) continue;
      const auto limit = literal_duration(graph_.source_of(i), "timeout");
      if (!limit || (least && *least <= *limit)) continue;
      if (!graph_.reached_from(graph_.at(i).each->target)[at]) continue;
      found = i;
      least = limit;
    }
    return found;
  }

  static constexpr std::size_t max_checked = 20;  ///< waits: each costs walks over the flow
  static constexpr std::size_t max_in_loop = 64;

  const live_graph& graph_;
  std::vector<diagnostic>& diagnostics_;
  std::vector<std::vector<node_index>> sources_;  ///< of the edges to each node
  std::size_t checked_ = 0;
};

}  // namespace

void warn_of_loops_before_deadlines(const live_graph& graph, std::vector<diagnostic>& diagnostics) {
  loop_deadline_checker{graph, diagnostics}.check();
}

}  // namespace pawl::flow
