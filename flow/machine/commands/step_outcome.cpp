#include "flow/machine/commands/commands.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

/// The token that waits for this outcome, or null.
token* waiting_for(const compiled_flow& flow, run_state& run, const step_outcome_command& outcome) {
  token* const t = run.status == run_status::running ? run.find_token(outcome.token) : nullptr;
  if (t == nullptr) return nullptr;
  if (outcome.lease != 0) return t->task && t->task->lease == outcome.lease ? t : nullptr;
  const bool waits =
      waits_for(flow, run, outcome.token, outcome.node, outcome.visit, outcome.attempt);
  return waits && !t->task ? t : nullptr;
}

}  // namespace

result<transition> handle(const compiled_flow& flow, run_state& run, step_outcome_command&& outcome,
                          const apply_context& context) {
  token* const waiting = waiting_for(flow, run, outcome);
  if (waiting == nullptr && outcome.lease == 0) {
    return error{errc::conflict, "run " + run.key.id.str() +
                                     " is no longer waiting for this outcome; it was not recorded"};
  }
  if (waiting == nullptr) {
    return error{errc::conflict,
                 "this worker no longer has the lease of the task of run " + run.key.id.str() +
                     "; its outcome was not recorded",
                 "lease_lost"};
  }
  token& t = *waiting;
  transition_builder builder{flow, run, context};
  if (t.task || t.child) {
    outcome.began_at = builder.calls().start_of(t, outcome.began_at);
    outcome.ended_at = context.now;
  }
  if (t.task || t.child) builder.calls().end(t);
  const auto next = std::move(outcome.next);
  flow.at(t.node).behaviour->resume(builder, t, std::move(outcome));
  builder.advance();
  // A run that goes on in the next transition leaves its task in the queue.
  token* const queued = next && !has_runnable(run) ? builder.calls().find_queued(*next) : nullptr;
  if (queued != nullptr) {
    builder.calls().lease(*queued, next->terms);
    builder.advance();
  }
  return builder.finish();
}

}  // namespace pawl::flow
