#include "flow/machine/commands/commands.hpp"

namespace pawl::flow {

result<void> check_update(const compiled_flow& flow, const run_state& run, const json& update) {
  if (!update.is_object()) {
    return error{
        errc::invalid_argument,
        std::string{"an update of a run's data must be a JSON object, not "} + update.type_name()};
  }
  if (const auto good = check_value(update, "the update"); !good) return good;
  const std::size_t bytes = run.data_bytes + approximate_bytes(update);
  if (bytes > flow.allowed().max_state_bytes) {
    return error{errc::limit_exceeded,
                 "with the update the run's data would have about " + std::to_string(bytes) +
                     " bytes; at most " + std::to_string(flow.allowed().max_state_bytes) +
                     " are allowed (run.max_state_bytes); nothing was changed"};
  }
  return {};
}

result<transition> handle(const compiled_flow& flow, run_state& run, set_data_command&& update,
                          const apply_context& context) {
  if (const auto good = check_caller(run, update.if_status, update.reason); !good)
    return good.error();
  using enum run_status;
  // A step under way was given the data as it is: an update now would change what the same call
  // sees when it is made again after a crash.
  if (run.status != paused && run.status != failed) return illegal(run, "update");
  if (const auto good = check_update(flow, run, update.update); !good) return good.error();
  transition_builder edit{flow, run, context};
  edit.update_data(update.update, update.reason);
  return edit.finish();
}

}  // namespace pawl::flow
