#pragma once

#include <vector>

#include <pawl/run.hpp>

#include "flow/definition/compiled.hpp"
#include "flow/machine/state.hpp"

namespace pawl::flow {

/// What a run waits for, as its listing shows it (`run_summary::waits`): signals, answers and
/// timers with their nodes; "run" and "worker" without one, because each subflow and each step of a
/// worker would change it. Empty for a finished run.
///
/// The cost does not depend on the number of tokens: of several that sleep at one node, the first
/// four are looked at, and of those that ask a question the first `max_listed_waits`.
[[nodiscard]] std::vector<run_wait> listed_waits(const compiled_flow& flow, const run_state& run);

}  // namespace pawl::flow
