#pragma once

#include <pawl/engine.hpp>

#include "persistence/store.hpp"

namespace pawl {

/// Returns what a store holds, in all scopes together. Reads counters, and the entries of leased
/// tasks. Errors: `corrupt`, `io_failed`.
[[nodiscard]] result<engine_totals> totals_of(const persistence::view& now);

}  // namespace pawl
