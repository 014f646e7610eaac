#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, quarantine_command&& park,
                          const apply_context& context) {
  if (is_finished(run.status)) return illegal(run, "park");
  transition_builder edit{flow, run, context};
  edit.fail_now({"engine.quarantined", std::move(park.reason), "", 0});
  return edit.finish();
}

}  // namespace pawl::flow
