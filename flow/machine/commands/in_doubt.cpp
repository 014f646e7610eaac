#include "flow/machine/commands/commands.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, in_doubt_command&& doubt,
                          const apply_context& context) {
  const token* const waiting =
      waits_for(flow, run, doubt.token, doubt.node, doubt.visit, doubt.attempt)
          ? run.find_token(doubt.token)
          : nullptr;
  // Other calls are repeated after a crash; the lease of a task tells whether its worker lives.
  const bool can_be_in_doubt = waiting != nullptr && !waiting->compensates && !waiting->task &&
                               flow.at(waiting->node).behaviour->is_called_once();
  if (!can_be_in_doubt) {
    return error{errc::conflict,
                 "run " + run.key.id.str() + " is not waiting for a step that can be in doubt"};
  }
  token& t = *run.find_token(doubt.token);
  transition_builder builder{flow, run, context};
  flow.at(t.node).behaviour->in_doubt(builder, t);
  builder.advance();
  return builder.finish();
}

}  // namespace pawl::flow
