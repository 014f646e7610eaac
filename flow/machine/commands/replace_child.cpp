#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run,
                          replace_child_command&& replace, const apply_context& context) {
  const auto waiting = find_unstarted_child(run, replace.token, replace.child);
  if (!waiting) return waiting.error();
  transition_builder builder{flow, run, context};
  builder.calls().replace_child(**waiting);
  builder.advance();
  return builder.finish();
}

}  // namespace pawl::flow
