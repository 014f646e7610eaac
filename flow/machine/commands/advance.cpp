#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, advance_command&&,
                          const apply_context& context) {
  if (run.status != run_status::running) return illegal(run, "advance");
  transition_builder builder{flow, run, context};
  builder.advance();
  return builder.finish();
}

}  // namespace pawl::flow
