#include "flow/machine/commands/commands.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, restart_step_command&& restart,
                          const apply_context& context) {
  token* const t = waits_for(flow, run, restart.token, restart.node, restart.visit, restart.attempt)
                       ? run.find_token(restart.token)
                       : nullptr;
  if (t == nullptr || t->waits_outside())
    return error{errc::conflict, "run " + run.key.id.str() + " is not waiting for this call"};
  transition_builder builder{flow, run, context};
  builder.calls().repeat(*t);
  builder.advance();
  return builder.finish();
}

}  // namespace pawl::flow
