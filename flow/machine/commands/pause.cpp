#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, pause_command&& pause,
                          const apply_context& context) {
  if (const auto good = check_caller(run, pause.if_status, pause.reason); !good)
    return good.error();
  if (run.status != run_status::running || run.pausing()) return illegal(run, "pause");
  transition_builder builder{flow, run, context};
  builder.status().pause(pause.reason);
  builder.advance();
  return builder.finish();
}

}  // namespace pawl::flow
