#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run,
                          child_started_command&& started, const apply_context& context) {
  token* const t = run.status == run_status::running ? run.find_token(started.token) : nullptr;
  if (t == nullptr || !t->child || t->child->id != started.child || t->waits_outside()) {
    return error{errc::conflict, "run " + run.key.id.str() + " is not waiting for run " +
                                     started.child.str() + " to start"};
  }
  transition_builder builder{flow, run, context};
  builder.calls().note_child(*t, std::move(started.child));
  builder.advance();
  return builder.finish();
}

}  // namespace pawl::flow
