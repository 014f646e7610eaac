#include "flow/machine/commands/commands.hpp"
#include "flow/machine/enclosing.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, enqueue_task_command&& task,
                          const apply_context& context) {
  token* const t = waits_for(flow, run, task.token, task.node, task.visit, task.attempt)
                       ? run.find_token(task.token)
                       : nullptr;
  if (t == nullptr || t->task) {
    return error{errc::conflict, "run " + run.key.id.str() +
                                     " is not waiting for a call that can be queued as this "
                                     "task"};
  }
  transition_builder builder{flow, run, context};
  if (is_stopping(run, *t)) {
    builder.fail_call(
        *t, {errc::cancelled, "its steps are being compensated; the call was not queued"});
  } else {
    builder.calls().enqueue(*t, std::move(task.queue), std::move(task.code_ref));
  }
  builder.advance();
  return builder.finish();
}

}  // namespace pawl::flow
