#pragma once

#include <memory>

#include <pawl/run.hpp>

#include "flow/machine/state.hpp"

namespace pawl::actors {

/// A run that has finished.
struct ended_run {
  run_summary summary;
  /// Its final state, if it was in memory. Null: it is in the store.
  std::shared_ptr<const flow::run_state> state = nullptr;
};

}  // namespace pawl::actors
