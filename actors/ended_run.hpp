#pragma once

#include <memory>

#include <pawl/run.hpp>

#include "flow/machine/state.hpp"

namespace pawl::actors {

/// A run that is over.
struct ended_run {
  run_summary summary;
  /// What it ended as, where that was at hand; otherwise it is in the store.
  std::shared_ptr<const flow::run_state> state = nullptr;
};

}  // namespace pawl::actors
