#include "runtime/queries/event_queries.hpp"

#include <utility>

#include "actors/engine_context.hpp"
#include "runtime/core.hpp"

namespace pawl {
std::shared_ptr<subscription> subscribe(const engine_core& core, run_key of, std::size_t capacity) {
  if (core.is_alive()) return core.telemetry->events.subscribe(std::move(of), capacity);
  auto ended = std::make_shared<subscription>(std::move(of), capacity);
  ended->end();
  return ended;
}

}  // namespace pawl
