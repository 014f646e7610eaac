#include "flow/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, pause_command&& pause,
                          const surroundings& around) {
  if (const auto good = check_caller(run, pause.only_if, pause.reason); !good) return good.error();
  if (run.status != run_status::running || run.pausing()) return illegal(run, "pause");
  editor edit{flow, run, around};
  edit.pause(pause.reason);
  edit.advance();
  return edit.finish();
}

}  // namespace pawl::flow
