#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, lease_command&& lease,
                          const apply_context& context) {
  token* const t = run.find_token(lease.token);
  const bool is_free = t != nullptr && can_be_leased(run, *t) &&
                       t->task->code_ref == lease.code_ref && t->visit == lease.visit &&
                       t->attempt == lease.attempt;
  if (!is_free) {
    return error{errc::conflict,
                 "run " + run.key.id.str() + " has no such task that a worker can lease"};
  }
  transition_builder builder{flow, run, context};
  builder.calls().lease(*t, lease.terms);
  builder.advance();
  return builder.finish();
}

}  // namespace pawl::flow
