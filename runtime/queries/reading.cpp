#include "runtime/queries/reading.hpp"

#include "actors/engine_context.hpp"
#include "runtime/core.hpp"

namespace pawl {

result<reading> begin_reading(const engine_core& core) {
  auto context = core.running();
  if (!context) return core.closed();
  auto now = context->store->durable_view();
  return reading{std::move(context), std::move(now)};
}

}  // namespace pawl
