#include "flow/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, pause_command&& pause,
                          const surroundings& around) {
  if (const auto as_expected = check_expected(run, pause.only_if); !as_expected)
    return as_expected.error();
  if (run.status != run_status::running || run.pausing()) return illegal(run, "pause");
  editor edit{flow, run, around};
  edit.pause(pause.reason);
  edit.advance();
  return edit.finish();
}

}  // namespace pawl::flow
