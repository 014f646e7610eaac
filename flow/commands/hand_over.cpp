#include "flow/commands/commands.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, hand_over_command&& over,
                          const surroundings& around) {
  token* const t = waits_for(flow, run, over.token, over.node, over.visit, over.attempt)
                       ? run.find_token(over.token)
                       : nullptr;
  if (t == nullptr || t->task) {
    return error{errc::conflict,
                 "run " + run.key.id.str() + " waits for no call that could be handed over so"};
  }
  editor edit{flow, run, around};
  if (run.unwinding && !t->compensates) {
    edit.give_up_call(*t, {errc::cancelled, "the run is being undone; no worker was asked"});
  } else {
    edit.hand_over(*t, std::move(over.queue), std::move(over.code_ref));
  }
  edit.advance();
  return edit.finish();
}

}  // namespace pawl::flow
