#include "runtime/queries/run_view.hpp"

#include <string>
#include <utility>
#include <vector>

#include "flow/machine/history.hpp"
#include "flow/machine/machine.hpp"
#include "flow/nodes/node.hpp"
#include "runtime/queries/parked.hpp"

namespace pawl {
namespace {

/// When a timer is due, on the wall clock.
time_point shown_due(const flow::timer& timer, std::chrono::microseconds lead) {
  return timer.wall_clock ? timer.due : timer.due - lead;
}

/// Appends what a token waits for.
void add_waits(const flow::run_state& run, const flow::token& t,
               const flow::compiled_flow& compiled, bool frozen, std::chrono::microseconds lead,
               std::vector<waiting_on>& to) {
  const auto& node = compiled.at(t.node);
  const auto add = [&](std::string kind, std::string name) -> waiting_on& {
    waiting_on& wait = to.emplace_back(waiting_on{node.id, std::move(kind), std::move(name)});
    if (t.can_fire() && t.timer && !frozen) wait.until = shown_due(*t.timer, lead);
    return wait;
  };
  if (t.phase == flow::token_phase::gathering) {
    to.push_back({node.id, "branches", ""});
  } else if (t.phase == flow::token_phase::waiting && t.child) {
    add("run", t.child->id.str());
  } else if (t.phase == flow::token_phase::waiting) {
    add(t.task ? "worker" : "function", flow::function_called(t, *node.behaviour)).calls =
        t.attempt + t.repeated_calls;
  } else if (t.phase == flow::token_phase::sleeping) {
    const auto signals = node.behaviour->awaited_by(run, t, node);
    if (t.question) add("answer", flow::question_id(node.id, t)).question = *t.question;
    for (const auto& signal : signals) add("signal", signal);
    if (!t.question && signals.empty()) add("timer", "");
  }
}

}  // namespace

run_view make_view(const flow::run_state& state, const flow::compiled_flow& compiled,
                   std::chrono::microseconds lead) {
  run_view shown;
  shown.summary = flow::summarize(state);
  shown.pausing = state.pausing();
  shown.undoing = state.compensating.has_value();
  shown.checkpoint = state.sequence;
  shown.updated_at = state.updated_at;
  shown.data = *state.data;
  shown.output = state.output;
  shown.metadata = state.metadata;
  shown.parked = is_parked_itself(state);
  for (const auto& [number, s] : state.inbox.all())
    shown.inbox.push_back({s.type, s.id, s.payload});
  for (const auto& t : state.tokens)
    if (t.phase != flow::token_phase::ended) shown.at.push_back(compiled.at(t.node).id);
  if (is_finished(state.status)) return shown;  // it waits for nothing
  for (const auto& t : state.tokens)
    add_waits(state, t, compiled, state.frozen_at.has_value(), lead, shown.waiting_on);
  return shown;
}

}  // namespace pawl
