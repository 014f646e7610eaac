#include "runtime/queries/run_view.hpp"

#include <optional>
#include <string>
#include <utility>

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

/// What a token waits for; none if it is not waiting.
std::optional<waiting_on> wait_of(const flow::token& t, const flow::compiled_flow& compiled,
                                  bool frozen, std::chrono::microseconds lead) {
  const auto& node = compiled.at(t.node);
  if (t.phase == flow::token_phase::gathering) return waiting_on{node.id, "branches", ""};
  if (t.phase == flow::token_phase::waiting) {
    const auto called =
        t.compensates ? node.behaviour->compensation_ref() : node.behaviour->code_ref();
    waiting_on wait{node.id, t.task ? "worker" : "function", std::string{called}};
    if (t.child) {
      wait.kind = "run";
      wait.name = t.child->id.str();
    } else {
      wait.calls = t.attempt + t.repeated_calls;
    }
    if (t.can_fire() && t.timer && !frozen) wait.until = shown_due(*t.timer, lead);
    return wait;
  }
  if (t.phase != flow::token_phase::sleeping) return std::nullopt;
  const auto signal = node.behaviour->awaited_signal();
  waiting_on wait{node.id, "timer", std::string{signal}};
  if (!signal.empty()) wait.kind = "signal";
  if (t.question) {
    wait.kind = "answer";
    wait.name = flow::question_id(node.id, t);
    wait.question = *t.question;
  }
  if (t.timer && !frozen) wait.until = shown_due(*t.timer, lead);
  return wait;
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
  shown.metadata = state.metadata;
  shown.parked = is_parked_itself(state);
  for (const auto& [number, s] : state.inbox.all())
    shown.inbox.push_back({s.type, s.id, s.payload});
  for (const auto& t : state.tokens)
    if (t.phase != flow::token_phase::ended) shown.at.push_back(compiled.at(t.node).id);
  if (is_finished(state.status)) return shown;  // it waits for nothing
  for (const auto& t : state.tokens)
    if (auto wait = wait_of(t, compiled, state.frozen_at.has_value(), lead))
      shown.waiting_on.push_back(*std::move(wait));
  return shown;
}

}  // namespace pawl
