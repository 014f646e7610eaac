#include "flow/machine/commands/commands.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, enqueue_task_command&& over,
                          const apply_context& context) {
  token* const t = waits_for(flow, run, over.token, over.node, over.visit, over.attempt)
                       ? run.find_token(over.token)
                       : nullptr;
  if (t == nullptr || t->task) {
    return error{errc::conflict,
                 "run " + run.key.id.str() + " waits for no call that could be handed over so"};
  }
  transition_builder edit{flow, run, context};
  if (run.unwinding && !t->compensates) {
    edit.give_up_call(*t, {errc::cancelled, "the run is being undone; no worker was asked"});
  } else {
    edit.enqueue_task(*t, std::move(over.queue), std::move(over.code_ref));
  }
  edit.advance();
  return edit.finish();
}

}  // namespace pawl::flow
