#pragma once

#include <string>

#include "flow/definition/compiled.hpp"
#include "flow/machine/command.hpp"
#include "flow/machine/state.hpp"
#include "flow/machine/transition_builder.hpp"

/// Forks: runs that begin in a state of another run.
namespace pawl::flow {

/// Why no run can begin in this state, as a clause: "it is completed". "" if one can.
///
/// Refused are states in which nothing is left to do; in which the run compensates its steps,
/// because the compensations are those of its own steps; and with a step that runs at most once and
/// was under way or in doubt, because its effect is unknown.
[[nodiscard]] std::string fork_refusal(const compiled_flow& flow, const run_state& state);

/// The state in which a fork begins: `state` without what only the other run can finish. Its steps
/// under way are started again, its waits have as much time left as they had, it is not paused, and
/// the steps that the other run has completed are not compensated. `now`: in engine time.
[[nodiscard]] run_state forked_state(run_state state, time_point now);

/// Brings a new run, which a start command has created, into the state, and records the change.
void begin_in(transition_builder& builder, const run_state& state);

}  // namespace pawl::flow
