#include "cli/view/progress.hpp"

#include "flow/definition/graph.hpp"

namespace pawl::cli {
namespace {

std::string text_of(const json& detail, const char* key) {
  const auto found = detail.find(key);
  return found != detail.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

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

/// A token has come to a node. Those that only pass it on have no events to tell it.
void run_progress::enter(std::size_t node) {
  if (types_[node] != "start" && types_[node] != "end") return;
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
    const bool good = e.kind == "step_finished";
    if (n.running > 0) --n.running;
    n.took_us = e.detail.value("us", std::int64_t{0});
    if (n.running == 0) n.phase = good ? node_phase::done : node_phase::failed;
    n.fraction.reset();
    if (!good) n.note = text_of(e.detail, "type") + ": " + text_of(e.detail, "message");
    if (good) {
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
  }
}

std::vector<std::string> run_progress::active() const {
  std::vector<std::string> running;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].phase == node_phase::running) running.push_back(ids_[i]);
  return running;
}

}  // namespace pawl::cli
