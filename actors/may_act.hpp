#pragma once

#include <chrono>

#include "actors/engine_context.hpp"
#include "persistence/store_ownership.hpp"

namespace pawl::actors {

/// Whether a function may be called now. A process that was stopped, and goes on after another one
/// has taken its store over, must not call any before it notices.
[[nodiscard]] inline bool may_act(const engine_context& context) {
  const auto* const owned = context.store->ownership();
  return owned == nullptr || owned->may_act();
}

/// When to ask again: the process renews its lease, or learns that it has lost the store.
inline constexpr std::chrono::milliseconds may_act_again{100};

}  // namespace pawl::actors
