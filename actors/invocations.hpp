#pragma once

#include <optional>

#include "actors/engine_context.hpp"
#include "actors/executor.hpp"
#include "flow/machine/transition.hpp"

namespace pawl::actors {

/// The call of a function that a transition of a run of `flow`, created at `run_created`, asks for,
/// without `done`. Takes the state out of `wanted` and puts secrets into the arguments. What the
/// step logs goes to `report_step_line`. Error: as `secret_store::fill`.
[[nodiscard]] result<invocation> make_invocation(const engine_context_ptr& context,
                                                 const run_key& run, time_point run_created,
                                                 const flow_name& flow, flow::invoke_effect& wanted,
                                                 const functions::function_ptr& function);

/// Passes the log messages of all steps of an engine to `report_step_line`, and publishes their
/// progress. Does not keep the context.
[[nodiscard]] std::shared_ptr<const functions::step_observer> make_step_observer(
    const engine_context_ptr& context);

/// Adds a line that a step has logged to the log of its run, and publishes it if the engine is
/// watched. Does not wait. `created`: when the run was created; none: not known.
void report_step_line(engine_context& to, const run_key& run, std::optional<time_point> created,
                      run_log_line line);

/// The task queue whose workers make a call. Empty: the process makes it itself.
[[nodiscard]] std::string queue_of(const engine_context& context, const scope_name& scope,
                                   const flow::invoke_effect& call);

}  // namespace pawl::actors
