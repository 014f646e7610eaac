#include "flow/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, advance_command&&,
                          const surroundings& around) {
  if (run.status != run_status::running) return illegal(run, "advance");
  editor edit{flow, run, around};
  edit.advance();
  return edit.finish();
}

}  // namespace pawl::flow
