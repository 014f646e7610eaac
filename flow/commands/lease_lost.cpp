#include "flow/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, lease_lost_command&& lost,
                          const surroundings& around) {
  token* const t = run.status == run_status::running ? run.find_token(lost.token) : nullptr;
  if (lost.lease == 0 || t == nullptr || !t->task || t->task->lease != lost.lease) {
    return error{errc::conflict, "run " + run.key.id.str() + " knows no such lease", "lease_lost"};
  }
  editor edit{flow, run, around};
  edit.lose_lease(*t, lost);
  edit.advance();
  return edit.finish();
}

}  // namespace pawl::flow
