#pragma once

#include <chrono>

#include <pawl/run.hpp>

#include "flow/definition/compiled.hpp"
#include "flow/machine/state.hpp"

namespace pawl {

/// The public view of a run. `compiled`: the flow version of the run. `parked` counts its subflows
/// as parked. `lead`: how far the engine time is ahead of the wall clock.
[[nodiscard]] run_view make_view(const flow::run_state& state, const flow::compiled_flow& compiled,
                                 std::chrono::microseconds lead);

}  // namespace pawl
