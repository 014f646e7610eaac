#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, timer_command&& timer,
                          const apply_context& context) {
  const auto due = next_alarm(run);
  if (!due || *due > context.now) {
    return error{errc::conflict, "run " + run.key.id.str() + " has no alarm that is due"};
  }
  transition_builder edit{flow, run, context};
  edit.fire_timers(timer.random);
  edit.deliver_signals();
  edit.advance();
  return edit.finish();
}

}  // namespace pawl::flow
