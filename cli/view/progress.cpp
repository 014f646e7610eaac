#include "cli/view/progress.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "flow/definition/graph.hpp"

namespace pawl::cli {
namespace {

using type_and_event = std::pair<std::string_view, std::string_view>;

/// The event that completes a node, for each node type. Empty: a node without events.
constexpr std::array completion_events = {
    type_and_event{"await", "step_finished"},
    type_and_event{"condition", "condition_evaluated"},
    type_and_event{"end", ""},
    type_and_event{"fail", "step_failed"},
    type_and_event{"http", "step_finished"},
    type_and_event{"interrupt", "step_finished"},
    type_and_event{"join", "branches_joined"},
    type_and_event{"map", "step_finished"},
    type_and_event{"parallel", "forked"},
    type_and_event{"section", "step_finished"},
    type_and_event{"set", "step_finished"},
    type_and_event{"signal", "signal_claimed"},
    type_and_event{"start", ""},
    type_and_event{"subflow", "step_finished"},
    type_and_event{"task", "step_finished"},
    type_and_event{"wait", "step_finished"},
};

}  // namespace

std::optional<std::string_view> completion_event(std::string_view node_type) noexcept {
  const auto* const found =
      std::find_if(completion_events.begin(), completion_events.end(),
                   [&](const type_and_event& each) { return each.first == node_type; });
  if (found == completion_events.end()) return std::nullopt;
  return found->second;
}

run_progress::run_progress(const flow::definition& flow)
    : nodes_(flow.nodes.size()), plain_(flow.nodes.size()), has_conditional_(flow.nodes.size()) {
  for (std::size_t i = 0; i < flow.nodes.size(); ++i) {
    ids_.push_back(flow.nodes[i].id);
    types_.push_back(flow.nodes[i].type);
    index_.emplace(flow.nodes[i].id, i);
  }
  for (const auto& edge : flow.edges) {
    const auto from = find(edge.source);
    const auto to = find(edge.target);
    if (!from || !to) continue;
    // Edges that are taken for a reason have an event of their own.
    if (edge.when || !edge.on.empty()) {
      has_conditional_[*from] = has_conditional_[*from] || !edge.on_error;
    } else if (edge.is_normal()) {
      plain_[*from].push_back(*to);
    }
  }
  if (!flow.nodes.empty()) entry_ = flow::entry_of(flow);
}

std::optional<std::size_t> run_progress::find(std::string_view id) const {
  const auto found = index_.find(id);
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

/// Completes a node without events of its own when a token reaches it.
void run_progress::enter(std::size_t node) {
  if (completion_event(types_[node]) != "") return;
  auto& n = nodes_[node];
  const bool again = n.phase == node_phase::done;
  n.phase = node_phase::done;
  if (!again) leave_by_plain_edges(node);
}

void run_progress::leave_by_plain_edges(std::size_t node) {
  if (has_conditional_[node]) return;
  for (const auto to : plain_[node]) enter(to);
}

void run_progress::end_all(node_phase as) {
  for (auto& n : nodes_) {
    if (n.phase == node_phase::running || n.phase == node_phase::waiting ||
        n.phase == node_phase::compensating)
      n.phase = as;
    n.running = n.waiting = 0;
    n.fraction.reset();
    n.since.reset();
    n.until.reset();
    n.wait.clear();
  }
}

void run_progress::apply(const run_view& view) {
  for (const auto& each : view.waiting_on)
    if (const auto at = find(each.node); at && nodes_[*at].waiting > 0)
      nodes_[*at].until = each.until;
}

std::vector<std::string> run_progress::active() const {
  std::vector<std::string> running;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].phase == node_phase::running) running.push_back(ids_[i]);
  return running;
}

}  // namespace pawl::cli
