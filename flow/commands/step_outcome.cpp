#include "flow/commands/commands.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, step_outcome_command&& outcome,
                          time_point now) {
  const auto is_stale = [&] {
    return !waits_for(run, outcome.token, outcome.visit, outcome.attempt) ||
           (outcome.lease == 0 && flow.at(run.find_token(outcome.token)->node).id != outcome.node);
  };
  if (is_stale()) {
    return error{
        errc::conflict,
        "run " + run.key.id.str() + " no longer waits for this outcome; it was not recorded",
        outcome.lease != 0 ? "lease_lost" : ""};
  }
  token& t = *run.find_token(outcome.token);
  if (t.task ? outcome.lease == 0 || outcome.lease != t.task->lease : outcome.lease != 0) {
    return error{errc::conflict,
                 "this worker no longer has the task of run " + run.key.id.str() +
                     "; its outcome was not recorded",
                 "lease_lost"};
  }
  editor edit{flow, run, now};
  if (t.task) {
    outcome.began_at = t.task->leased_at;
    outcome.ended_at = now;
  }
  if (t.task || t.child) edit.end_call(t);
  flow.at(t.node).behaviour->resume(edit, t, std::move(outcome));
  edit.advance();
  return edit.finish();
}

}  // namespace pawl::flow
