#include "flow/commands/commands.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, step_outcome_command&& outcome,
                          time_point now) {
  const auto is_stale = [&] {
    return !waits_for(run, outcome.token, outcome.visit, outcome.attempt) ||
           flow.at(run.find_token(outcome.token)->node).id != outcome.node;
  };
  if (is_stale()) {
    return error{errc::conflict, "run " + run.key.id.str() +
                                     " no longer waits for this outcome; it was not recorded"};
  }
  token& t = *run.find_token(outcome.token);
  editor edit{flow, run, now};
  flow.at(t.node).behaviour->resume(edit, t, std::move(outcome));
  edit.advance();
  return edit.finish();
}

}  // namespace pawl::flow
