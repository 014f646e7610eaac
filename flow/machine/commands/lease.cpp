#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, lease_command&& lease,
                          const apply_context& context) {
  token* const t =
      run.status == run_status::running && !run.pausing() ? run.find_token(lease.token) : nullptr;
  const bool is_free = t != nullptr && t->task && t->task->lease == 0 &&
                       t->task->code_ref == lease.code_ref && t->visit == lease.visit &&
                       t->attempt == lease.attempt;
  if (!is_free || (run.compensating && !t->compensates)) {
    return error{errc::conflict,
                 "run " + run.key.id.str() + " has no such task that a worker can lease"};
  }
  transition_builder builder{flow, run, context};
  builder.calls().lease(*t, lease);
  builder.advance();
  return builder.finish();
}

}  // namespace pawl::flow
