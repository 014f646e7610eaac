#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run,
                          quarantine_command&& quarantine, const apply_context& context) {
  if (is_finished(run.status)) return illegal(run, "quarantine");
  transition_builder builder{flow, run, context};
  builder.failures().fail_now({"engine.quarantined", std::move(quarantine.reason), "", 0});
  return builder.finish();
}

}  // namespace pawl::flow
