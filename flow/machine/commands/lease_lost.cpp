#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, lease_lost_command&& lost,
                          const apply_context& context) {
  token* const t = run.status == run_status::running ? run.find_token(lost.token) : nullptr;
  if (lost.lease == 0 || t == nullptr || !t->task || t->task->lease != lost.lease) {
    return error{errc::conflict, "run " + run.key.id.str() + " knows no such lease", "lease_lost"};
  }
  transition_builder edit{flow, run, context};
  edit.lose_lease(*t, lost);
  edit.advance();
  return edit.finish();
}

}  // namespace pawl::flow
