#include "flow/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, park_command&& park,
                          const surroundings& around) {
  if (is_finished(run.status)) return illegal(run, "park");
  editor edit{flow, run, around};
  edit.fail_now({"engine.parked", std::move(park.reason), "", 0});
  return edit.finish();
}

}  // namespace pawl::flow
