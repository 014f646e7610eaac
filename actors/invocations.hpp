#pragma once

#include "actors/engine_context.hpp"
#include "actors/executor.hpp"
#include "flow/machine/transition.hpp"

namespace pawl::actors {

/// The call of a function that a transition of a run of `flow` asks for, without `done`. Takes the
/// state out of `wanted` and puts secrets into the arguments. Publishes what the step logs if the
/// engine is watched. Error: as `secret_store::fill`.
[[nodiscard]] result<invocation> make_invocation(const engine_context_ptr& context,
                                                 const run_key& run, const flow_name& flow,
                                                 flow::invoke_effect& wanted,
                                                 const functions::function_ptr& function);

/// The task queue whose workers make a call. Empty: the process makes it itself.
[[nodiscard]] std::string queue_of(const engine_context& context, const scope_name& scope,
                                   const flow::invoke_effect& call);

}  // namespace pawl::actors
