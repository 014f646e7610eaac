#include "flow/commands/commands.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, cancel_command&& cancel,
                          const surroundings& around) {
  if (const auto good = check_caller(run, cancel.only_if, cancel.reason); !good)
    return good.error();
  if (is_finished(run.status) || run.unwinding) return illegal(run, "cancel");
  editor edit{flow, run, around};
  edit.cancel(cancel.reason);
  edit.advance();
  return edit.finish();
}

}  // namespace pawl::flow
