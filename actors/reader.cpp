#include "actors/reader.hpp"

namespace pawl::actors {

caf::behavior reader::make_behavior() {
  return {
      [](const read_job& job) { job.ready({}); },
      [this](const shutdown_run&) { quit(); },
  };
}

}  // namespace pawl::actors
