#pragma once

#include <pawl/result.hpp>

#include "persistence/store.hpp"

namespace spdlog {
class logger;
}

namespace pawl {

/// Completes the deletions of runs that the last process has begun, durably, and logs it. Errors:
/// those of the store.
[[nodiscard]] result<void> finish_removals(persistence::store& store, spdlog::logger& log);

}  // namespace pawl
