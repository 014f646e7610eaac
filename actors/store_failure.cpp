#include "actors/store_failure.hpp"

#include <spdlog/spdlog.h>

namespace pawl::actors {

void close_store(engine_context& context, const error& reason) {
  context.admitted.close(admission::state::store_failed);
  context.log->critical("the store has failed; the engine accepts no commands: {}", reason.message);
  if (context.on_store_failed) context.on_store_failed(reason);
}

}  // namespace pawl::actors
