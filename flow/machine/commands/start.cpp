#include "flow/definition/attributes.hpp"
#include "flow/machine/commands/commands.hpp"
#include "flow/machine/forking.hpp"
#include "flow/machine/schema_check.hpp"
#include "flow/machine/start_values.hpp"

namespace pawl::flow {
namespace {

result<void> check_fork(const compiled_flow& flow, const run_state& from, const json& data) {
  if (const auto why = fork_refusal(flow, from); !why.empty()) {
    return error{errc::illegal_transition, "cannot fork run " + from.key.id.str() +
                                               " at checkpoint " + std::to_string(from.sequence) +
                                               ": " + why + ". Choose another checkpoint"};
  }
  if (data.is_object() && data.empty()) return {};
  return check_update(flow, from, data);
}

}  // namespace

result<transition> handle(const compiled_flow& flow, run_state& run, start_command&& start,
                          const apply_context& context) {
  if (run.sequence != 0) return illegal(run, "start");
  if (!start.input.is_object()) {
    return error{errc::invalid_argument,
                 std::string{"the input must be a JSON object, not "} + start.input.type_name()};
  }
  if (!start.metadata.is_object()) {
    return error{errc::invalid_argument, std::string{"the metadata must be a JSON object, not "} +
                                             start.metadata.type_name()};
  }
  flow.defaults().fill(start.input);
  if (const auto good = check_start_values(start.input, start.metadata); !good) return good.error();
  const std::size_t bytes = json_size(start.input);
  if (bytes > flow.allowed().max_state_bytes) {
    return error{errc::limit_exceeded,
                 "the input has about " + std::to_string(bytes) + " bytes; the maximum is " +
                     std::to_string(flow.allowed().max_state_bytes) +
                     " (run.max_state_bytes): store large values elsewhere and keep references to "
                     "them in the data"};
  }
  if (start.depth > flow.allowed().max_nesting) {
    return error{errc::limit_exceeded, "flow \"" + flow.id().name.str() + "\" would start " +
                                           std::to_string(start.depth) +
                                           " subflows deep; the maximum is " +
                                           std::to_string(flow.allowed().max_nesting) +
                                           " (run.max_nesting): does a flow start itself?"};
  }
  if (const auto good = verdict_of(check_of(flow, start), context); !good) return good.error();
  if (const auto good = fit_attributes(flow.attributes(), start.attributes); !good)
    return good.error();
  const auto forked = std::move(start.forked);
  const json forked_data = std::move(start.forked_data);
  if (forked)
    if (const auto good = check_fork(flow, *forked, forked_data); !good) return good.error();
  transition_builder builder{flow, run, context};
  builder.status().create(std::move(start));
  builder.status().set_status(run_status::running);
  if (forked) {
    begin_in(builder, forked_state(*forked, context.engine_time));
    builder.data().update(forked_data, "fork");
    builder.deliver_signals();
  } else {
    builder.tokens().place(flow.entry());
  }
  builder.advance();
  return builder.finish();
}

}  // namespace pawl::flow
