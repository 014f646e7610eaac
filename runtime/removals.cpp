#include "runtime/removals.hpp"

#include <spdlog/spdlog.h>

#include "persistence/run_removal.hpp"

namespace pawl {

result<void> finish_removals(persistence::store& store, spdlog::logger& log) {
  const auto finished = persistence::finish_removals(store);
  if (!finished) return finished.error();
  if (*finished > 0)
    log.info("deletions of runs that the last process had begun are completed: {}", *finished);
  return {};
}

}  // namespace pawl
