#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, timer_command&& timer,
                          const apply_context& context) {
  const due_times due = next_timers(run);
  const bool is_due = (due.time && *due.time <= context.now) ||
                      (due.duration && *due.duration <= context.engine_time);
  if (!is_due) {
    return error{errc::conflict, "run " + run.key.id.str() + " has no timer that is due"};
  }
  transition_builder builder{flow, run, context};
  const bool was_paused = run.status == run_status::paused;
  builder.fire_timers(timer.random);
  // Signals that have arrived since the run was paused.
  if (was_paused) builder.deliver_signals();
  builder.advance();
  return builder.finish();
}

}  // namespace pawl::flow
