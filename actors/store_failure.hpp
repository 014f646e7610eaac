#pragma once

#include "actors/engine_context.hpp"

namespace pawl::actors {

/// Closes admission after a failed write or sync, logs the reason and notifies the engine. Safe to
/// call from any thread, and more than once.
void close_store(engine_context& context, const error& reason);

}  // namespace pawl::actors
