#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, terminate_command&& terminate,
                          const apply_context& context) {
  if (const auto good = check_caller(run, terminate.if_status, terminate.reason); !good)
    return good.error();
  if (is_finished(run.status)) return illegal(run, "terminate");
  transition_builder builder{flow, run, context};
  builder.failures().terminate(terminate.reason);
  return builder.finish();
}

}  // namespace pawl::flow
