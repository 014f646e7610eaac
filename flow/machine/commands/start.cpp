#include "flow/definition/attributes.hpp"
#include "flow/machine/commands/commands.hpp"
#include "flow/machine/forking.hpp"
#include "flow/machine/schema_check.hpp"
#include "flow/machine/start_values.hpp"
#include "flow/values/json_size.hpp"
#include "flow/values/value_check.hpp"

namespace pawl::flow {
namespace {

/// Computes the `vars` of the flow over the input, in which defaults are filled.
result<std::optional<json>> computed_vars(const compiled_flow& flow, const start_command& start,
                                          time_point now) {
  if (!flow.vars()) return std::optional<json>{};
  const json run_id(start.key.id.str());
  const logic::fixed_context context{to_unix_us(now),
                                     start.key.scope.str() + "/" + start.key.id.str() + "/vars"};
  logic::variables variables;
  variables.set_context(context);
  variables.add_member("metadata", start.metadata);
  variables.add_member("run_id", run_id);
  variables.add_member("thread_id", run_id);
  variables.add(start.input);
  const auto refused = [&](errc code, const std::string& why) {
    return error{code,
                 "the \"vars\" of flow \"" + flow.id().name.str() + "\" cannot be computed: " + why,
                 "invalid_vars"};
  };
  auto made = flow.vars()->evaluate(variables);
  if (!made) return refused(made.error().code, made.error().message);
  if (const auto good = check_value(*made, "the value"); !good)
    return refused(good.error().code, good.error().message);
  const std::size_t most = flow.allowed().max_state_bytes;
  if (const std::size_t bytes = json_size(*made) + json_size(start.input); bytes > most) {
    return refused(errc::limit_exceeded, "together with the input they have about " +
                                             std::to_string(bytes) + " bytes; the maximum is " +
                                             std::to_string(most) + " (run.max_state_bytes)");
  }
  return std::optional{*std::move(made)};
}

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
  // A fork keeps those of the run that it continues, if it has some.
  std::optional<json> vars;
  if (!forked || !forked->vars) {
    auto computed = computed_vars(flow, start, context.now);
    if (!computed) return std::move(computed).error();
    vars = *std::move(computed);
  }
  const bool paused = start.paused;
  transition_builder builder{flow, run, context};
  builder.status().create(std::move(start));
  if (vars) builder.data().set_vars(*std::move(vars));
  if (paused) {
    builder.status().hold();
  } else {
    builder.status().set_status(run_status::running);
  }
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
