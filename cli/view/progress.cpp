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
    type_and_event{"condition", "condition_evaluated"},
    type_and_event{"end", ""},
    type_and_event{"fail", "step_failed"},
    type_and_event{"http", "step_finished"},
    type_and_event{"interrupt", "step_finished"},
    type_and_event{"join", "branches_joined"},
    type_and_event{"map", "step_finished"},
    type_and_event{"parallel", "forked"},
    type_and_event{"set", "step_finished"},
    type_and_event{"signal", "signal_claimed"},
    type_and_event{"start", ""},
    type_and_event{"subflow", "step_finished"},
    type_and_event{"task", "step_finished"},
    type_and_event{"wait", "step_finished"},
};

std::string text_of(const json& detail, const char* key) {
  const auto found = detail.find(key);
  return found != detail.end() && found->is_string() ? found->get<std::string>() : "";
}

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
    if (edge.when) {
      has_conditional_[*from] = true;
    } else {
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
    if (n.phase == node_phase::running) n.phase = as;
    n.running = 0;
    n.fraction.reset();
    n.since.reset();
  }
}

void run_progress::apply(const history_event& e) {
  if (e.kind == "run_created" && !nodes_.empty()) return enter(entry_);
  if (e.kind == "run_completed") return end_all(node_phase::done);
  if (e.kind == "run_failed" || e.kind == "run_cancelled") return end_all(node_phase::halted);
  const auto at = find(e.node);
  if (!at) return;
  auto& n = nodes_[*at];
  if (e.kind == "step_started") {
    n.phase = node_phase::running;
    ++n.running;
    n.visit = e.visit;
    n.attempt = e.attempt;
    n.since = e.at;
    n.fraction.reset();
    n.note.clear();
  } else if (e.kind == "step_finished" || e.kind == "step_failed") {
    const bool succeeded = e.kind == "step_finished";
    if (n.running > 0) --n.running;
    n.took_us = e.detail.value("us", std::int64_t{0});
    if (n.running == 0) n.phase = succeeded ? node_phase::done : node_phase::failed;
    n.fraction.reset();
    if (!succeeded) n.note = text_of(e.detail, "type") + ": " + text_of(e.detail, "message");
    if (succeeded) {
      ++steps_done_;
      leave_by_plain_edges(*at);
    }
  } else if (e.kind == "condition_evaluated") {
    n.phase = node_phase::done;
    n.visit = e.visit;
    n.condition = e.detail.value("result", false);
    leave_by_plain_edges(*at);
  } else if (e.kind == "edge_taken") {
    if (const auto to = find(text_of(e.detail, "to"))) enter(*to);
  } else if (e.kind == "step_progress") {
    n.fraction = e.detail.value("fraction", 0.0);
  } else if (e.kind == completion_event(types_[*at])) {
    n.phase = node_phase::done;
    n.visit = e.visit;
    leave_by_plain_edges(*at);
  }
}

std::vector<std::string> run_progress::active() const {
  std::vector<std::string> running;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].phase == node_phase::running) running.push_back(ids_[i]);
  return running;
}

}  // namespace pawl::cli
