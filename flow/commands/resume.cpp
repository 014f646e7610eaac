#include "flow/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, resume_command&& resume,
                          time_point now) {
  if (const auto as_expected = check_expected(run, resume.only_if); !as_expected)
    return as_expected.error();
  if (run.status != run_status::paused && !run.pausing) return illegal(run, "resume");
  if (run.pausing && !resume.update.empty()) {
    return error{errc::illegal_transition,
                 "cannot update the data of run " + run.key.id.str() +
                     ": steps are under way; it is paused when they return"};
  }
  if (const auto good = check_update(flow, run, resume.update); !good) return good.error();
  editor edit{flow, run, now};
  edit.resume(resume.reason);
  edit.update_data(resume.update);
  edit.deliver_signals();
  edit.advance();
  return edit.finish();
}

}  // namespace pawl::flow
