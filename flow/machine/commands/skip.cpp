#include <algorithm>

#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, skip_command&& skip,
                          const apply_context& context) {
  if (const auto good = check_caller(run, skip.if_status, skip.reason); !good) return good.error();
  const auto compensates = [](const token& t) { return t.compensates; };
  const auto any = std::find_if(run.tokens.begin(), run.tokens.end(), compensates);
  const bool may_skip = run.status == run_status::running || run.status == run_status::failed;
  if (any == run.tokens.end() || !may_skip) return illegal(run, "skip a compensation of");
  const auto at = std::find_if(run.tokens.begin(), run.tokens.end(), [&](const token& t) {
    return t.compensates && flow.at(t.node).id == skip.node;
  });
  if (at == run.tokens.end()) {
    return error{errc::invalid_argument, "run " + run.key.id.str() +
                                             " is at the compensation of node \"" +
                                             flow.at(any->node).id + "\", not of \"" + skip.node +
                                             "\". Nothing was changed"};
  }
  transition_builder builder{flow, run, context};
  builder.failures().skip_compensation(*run.find_token(at->id), skip.reason);
  builder.advance();
  return builder.finish();
}

}  // namespace pawl::flow
