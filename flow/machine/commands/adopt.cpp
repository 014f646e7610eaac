#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, adopt_command&& adopt,
                          const apply_context& context) {
  if (!run.parent) return illegal(run, "adopt");
  if (adopt.attempt <= run.parent_attempt) return transition{};
  // What cannot be resumed keeps its last attempt: the parent sees that it ended for that one.
  const bool has_failed = run.status == run_status::failed;
  if (run.status == run_status::cancelled || (has_failed && !can_be_retried(run)))
    return transition{};
  transition_builder builder{flow, run, context};
  builder.status().adopt(adopt.attempt);
  if (has_failed) {
    builder.failures().revive("its parent waits for it again");
    builder.deliver_signals();
    builder.advance();
  }
  return builder.finish();
}

}  // namespace pawl::flow
