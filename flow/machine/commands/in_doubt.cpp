#include "flow/machine/commands/commands.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, in_doubt_command&& doubt,
                          const apply_context& context) {
  const token* const waiting =
      waits_for(flow, run, doubt.token, doubt.node, doubt.visit, doubt.attempt)
          ? run.find_token(doubt.token)
          : nullptr;
  // Others are called again, and of one that a worker has its lease tells.
  const bool may_be = waiting != nullptr && !waiting->compensates && !waiting->task &&
                      flow.at(waiting->node).behaviour->is_called_once();
  if (!may_be) {
    return error{errc::conflict,
                 "run " + run.key.id.str() + " waits for no step that could be in doubt like this"};
  }
  token& t = *run.find_token(doubt.token);
  transition_builder edit{flow, run, context};
  flow.at(t.node).behaviour->in_doubt(edit, t);
  edit.advance();
  return edit.finish();
}

}  // namespace pawl::flow
