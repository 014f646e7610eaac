#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include <pawl/run.hpp>
#include <pawl/subscription.hpp>

namespace pawl {

class engine_core;

/// As `scope_events::read`.
[[nodiscard]] result<event_page> read_events(const engine_core& core, const scope_name& in,
                                             std::optional<journal_position> after,
                                             std::size_t limit);

/// Subscribes to live events; `of` as for a `subscription`. Returns an ended one if the engine is
/// not open.
[[nodiscard]] std::shared_ptr<subscription> subscribe(const engine_core& core, run_key of,
                                                      std::size_t capacity);

}  // namespace pawl
