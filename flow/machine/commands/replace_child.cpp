#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run,
                          replace_child_command&& replace, const apply_context& context) {
  token* const t = run.status == run_status::running ? run.find_token(replace.token) : nullptr;
  if (t == nullptr || !t->child || t->child->id != replace.child || t->waits_outside()) {
    return error{errc::conflict, "run " + run.key.id.str() + " is not waiting for run " +
                                     replace.child.str() + " to start"};
  }
  transition_builder builder{flow, run, context};
  builder.calls().replace_child(*t);
  builder.advance();
  return builder.finish();
}

}  // namespace pawl::flow
