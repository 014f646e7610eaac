#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, abandon_command&& abandon,
                          const apply_context& context) {
  if (!run.parent) return illegal(run, "abandon");
  const std::string reason = "its parent no longer waits for it";
  switch (abandon.fate) {
    case child_fate::cancel:
      return handle(flow, run, cancel_command{{}, reason}, context);
    case child_fate::terminate:
      return handle(flow, run, terminate_command{{}, reason}, context);
    case child_fate::halt:
      break;
  }
  if (is_finished(run.status) || run.compensating) return illegal(run, "halt");
  if (abandon.attempt < run.parent_attempt) return transition{};
  transition_builder builder{flow, run, context};
  builder.failures().fail_now(
      {"parent_failed",
       "its parent failed, or the attempt that waited for it timed out; a retry of either run "
       "resumes both",
       "", 0});
  return builder.finish();
}

}  // namespace pawl::flow
