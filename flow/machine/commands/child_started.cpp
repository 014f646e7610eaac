#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run,
                          child_started_command&& started, const apply_context& context) {
  const auto waiting = find_unstarted_child(run, started.token, started.child);
  if (!waiting) return waiting.error();
  transition_builder builder{flow, run, context};
  builder.calls().note_child(**waiting, std::move(started.child));
  builder.advance();
  return builder.finish();
}

}  // namespace pawl::flow
