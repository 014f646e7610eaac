#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, retry_command&& retry,
                          const apply_context& context) {
  if (const auto good = check_caller(run, retry.if_status, retry.reason); !good)
    return good.error();
  if (!can_be_retried(run)) return illegal(run, "retry");
  transition_builder builder{flow, run, context};
  builder.failures().revive(retry.reason);
  builder.deliver_signals();
  builder.advance();
  return builder.finish();
}

}  // namespace pawl::flow
