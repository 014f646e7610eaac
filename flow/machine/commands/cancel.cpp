#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, cancel_command&& cancel,
                          const apply_context& context) {
  if (const auto good = check_caller(run, cancel.if_status, cancel.reason); !good)
    return good.error();
  if (is_finished(run.status) || run.compensating) return illegal(run, "cancel");
  transition_builder builder{flow, run, context};
  builder.failures().cancel(cancel.reason);
  builder.advance();
  return builder.finish();
}

}  // namespace pawl::flow
