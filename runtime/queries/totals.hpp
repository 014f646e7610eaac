#pragma once

#include <pawl/engine.hpp>

#include "persistence/store.hpp"

namespace pawl {

/// What a store keeps, of all scopes together: reads the counters, and the tasks that workers have.
/// Errors: `corrupt`, `io_failed`.
[[nodiscard]] result<engine_totals> totals_of(const persistence::view& now);

}  // namespace pawl
