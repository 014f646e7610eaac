#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, retry_command&& retry,
                          const apply_context& context) {
  if (const auto good = check_caller(run, retry.if_status, retry.reason); !good)
    return good.error();
  // What was undone to its beginning has no step that could be tried again.
  if (run.status != run_status::failed || (run.tokens.empty() && !run.unwinding))
    return illegal(run, "retry");
  transition_builder edit{flow, run, context};
  edit.revive(retry.reason);
  edit.advance();
  return edit.finish();
}

}  // namespace pawl::flow
