#pragma once

#include <pawl/ids.hpp>

#include "actors/quarantine_list.hpp"
#include "flow/machine/state.hpp"
#include "persistence/store.hpp"

namespace pawl {

/// True if nothing happens in the run itself until it receives a signal, an answer, a command or
/// the outcome of a subflow.
[[nodiscard]] bool is_parked_itself(const flow::run_state& run);

/// True if nothing happens in any of the subflows that the run waits for, nor in theirs, until one
/// of them receives a signal, an answer or a command. Reads at most 1,000 runs; with more subflows
/// than that, the answer is false. Also false if one cannot be read.
[[nodiscard]] bool subflows_are_parked(const persistence::view& now,
                                       const actors::quarantine_list& suspects,
                                       const flow::run_state& run);

}  // namespace pawl
