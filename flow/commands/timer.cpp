#include "flow/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, timer_command&& timer,
                          const surroundings& around) {
  const auto due = next_alarm(run);
  if (!due || *due > around.now) {
    return error{errc::conflict, "run " + run.key.id.str() + " has no alarm that is due"};
  }
  editor edit{flow, run, around};
  edit.ring_alarms(timer.chance);
  edit.deliver_signals();
  edit.advance();
  return edit.finish();
}

}  // namespace pawl::flow
