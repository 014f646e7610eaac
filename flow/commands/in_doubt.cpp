#include "flow/commands/commands.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, in_doubt_command&& doubt,
                          time_point now) {
  if (!waits_for(run, doubt.token, doubt.visit, doubt.attempt)) {
    return error{errc::conflict,
                 "run " + run.key.id.str() + " no longer waits for the step that was in doubt"};
  }
  token& t = *run.find_token(doubt.token);
  if (t.compensates || !flow.at(t.node).behaviour->is_called_once()) {
    return error{errc::conflict, "the step at node \"" + flow.at(t.node).id +
                                     "\" may be called again; it is not in doubt"};
  }
  editor edit{flow, run, now};
  flow.at(t.node).behaviour->in_doubt(edit, t);
  edit.advance();
  return edit.finish();
}

}  // namespace pawl::flow
