#pragma once

#include <cstddef>
#include <memory>

#include <pawl/run.hpp>
#include <pawl/subscription.hpp>

namespace pawl {

class engine_core;

/// Subscribes to live events; `of` as for a `subscription`. Returns an ended one if the engine is
/// not open.
[[nodiscard]] std::shared_ptr<subscription> subscribe(const engine_core& core, run_key of,
                                                      std::size_t capacity);

}  // namespace pawl
