#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run,
                          child_started_command&& started, const apply_context& context) {
  token* const t = run.status == run_status::running ? run.find_token(started.token) : nullptr;
  if (t == nullptr || !t->child || t->child->id != started.child || t->waits_outside()) {
    return error{errc::conflict, "run " + run.key.id.str() + " does not wait for run " +
                                     started.child.str() + " to begin"};
  }
  transition_builder edit{flow, run, context};
  edit.note_child(*t, std::move(started.child));
  edit.advance();
  return edit.finish();
}

}  // namespace pawl::flow
