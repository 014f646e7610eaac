#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, timer_command&& timer,
                          const apply_context& context) {
  const auto due = next_timer(run);
  if (!due || *due > context.now) {
    return error{errc::conflict, "run " + run.key.id.str() + " has no timer that is due"};
  }
  transition_builder builder{flow, run, context};
  builder.fire_timers(timer.random);
  builder.deliver_signals();
  builder.advance();
  return builder.finish();
}

}  // namespace pawl::flow
