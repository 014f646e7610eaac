#include <pawl/activity.hpp>

#include <string>

#include <pawl/scope.hpp>

#include "actors/engine_context.hpp"
#include "runtime/core.hpp"

namespace pawl {

scope_activity::scope_activity(const scope& in) : at_(in.ref()) {}

result<activity> scope_activity::read(std::size_t minutes) const {
  if (minutes == 0 || minutes > max_activity_minutes) {
    return error{errc::invalid_argument, "the number of minutes must be from 1 to " +
                                             std::to_string(max_activity_minutes) + ", not " +
                                             std::to_string(minutes)};
  }
  const auto open = at_.core->running();
  if (!open) return at_.core->closed();
  return open->telemetry->activity.read(at_.name, open->clock->now(), minutes);
}

}  // namespace pawl
