#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<void> check_update(const compiled_flow& flow, const run_state& run, const json& update) {
  if (!update.is_object()) {
    return error{errc::invalid_argument,
                 std::string{"the new data must be a JSON object, not "} + update.type_name()};
  }
  if (const auto good = check_value(update, "the new data"); !good) return good;
  const std::size_t bytes = run.data_bytes + json_size(update);
  if (bytes > flow.allowed().max_state_bytes) {
    return error{errc::limit_exceeded, "with the new data, the data of the run would have about " +
                                           std::to_string(bytes) + " bytes; the maximum is " +
                                           std::to_string(flow.allowed().max_state_bytes) +
                                           " (run.max_state_bytes). Nothing was changed"};
  }
  return {};
}

result<transition> handle(const compiled_flow& flow, run_state& run, set_data_command&& set,
                          const apply_context& context) {
  if (const auto good = check_caller(run, set.if_status, set.reason); !good) return good.error();
  using enum run_status;
  // A step under way was given the data as it is: after a crash, the same call would see other
  // data.
  if (run.status != paused && run.status != failed) return illegal(run, "set the data of");
  if (const auto good = check_update(flow, run, set.update); !good) return good.error();
  transition_builder builder{flow, run, context};
  builder.data().update(set.update, set.reason);
  return builder.finish();
}

}  // namespace pawl::flow
