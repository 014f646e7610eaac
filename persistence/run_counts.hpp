#pragma once

#include <optional>

#include <pawl/run.hpp>

#include "persistence/store.hpp"

namespace pawl::persistence {

/// Moves a run in the counters of runs from the status `before` (none: it is new) to `after` (none:
/// it is deleted).
void count_run(batch& to, const scope_name& in, const flow_name& of,
               std::optional<run_status> before, std::optional<run_status> after);

}  // namespace pawl::persistence
