#pragma once

#include <cstddef>

#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "persistence/store.hpp"

namespace pawl::persistence {

/// The time of the last event of a run, and the bytes that were read to find it.
struct last_event {
  time_point at{};
  std::size_t bytes = 0;
};

/// Finds the last event of a run, as a listing has it. No index has it, because each step would
/// change that: it is read from the last checkpoint. For completed and cancelled runs it is the
/// end, without a read. If the key of the checkpoints is dropped, it is the end of the run, or its
/// begin. Errors: `corrupt`, `io_failed`.
[[nodiscard]] result<last_event> find_last_event(const view& from, const run_summary& run);

}  // namespace pawl::persistence
