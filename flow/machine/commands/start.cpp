#include "flow/machine/commands/commands.hpp"
#include "flow/machine/start_values.hpp"

namespace pawl::flow {

result<transition> handle(const compiled_flow& flow, run_state& run, start_command&& start,
                          const apply_context& context) {
  if (run.sequence != 0) return illegal(run, "start");
  if (!start.input.is_object()) {
    return error{errc::invalid_argument, std::string{"a run's input must be a JSON object, not "} +
                                             start.input.type_name()};
  }
  if (!start.metadata.is_object()) {
    return error{
        errc::invalid_argument,
        std::string{"a run's metadata must be a JSON object, not "} + start.metadata.type_name()};
  }
  if (const auto good = check_start_values(start.input, start.metadata); !good) return good.error();
  const std::size_t bytes = approximate_bytes(start.input);
  if (bytes > flow.allowed().max_state_bytes) {
    return error{errc::limit_exceeded,
                 "the input has about " + std::to_string(bytes) + " bytes; at most " +
                     std::to_string(flow.allowed().max_state_bytes) +
                     " are allowed (run.max_state_bytes): keep large things outside and their "
                     "names in the data"};
  }
  if (start.depth > flow.allowed().max_nesting) {
    return error{errc::limit_exceeded,
                 "flow \"" + flow.id().name.str() + "\" would be started " +
                     std::to_string(start.depth) + " subflows deep; at most " +
                     std::to_string(flow.allowed().max_nesting) +
                     " are allowed (run.max_nesting): does a flow start itself?"};
  }
  if (flow.input()) {
    if (const auto good = flow.input()->check(start.input, "the input"); !good) return good.error();
  }
  transition_builder edit{flow, run, context};
  edit.create(std::move(start));
  edit.set_status(run_status::running);
  edit.place_token(flow.entry());
  edit.advance();
  return edit.finish();
}

}  // namespace pawl::flow
