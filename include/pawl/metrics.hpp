#pragma once

#include <cstdint>
#include <vector>

namespace pawl {

/// How many values fell into which range, since the engine was opened.
struct distribution {
  /// At `i`: values up to 2^i that are above 2^(i-1). Larger ones than the last are in `count`
  /// only.
  std::vector<std::uint64_t> counts;
  std::uint64_t count = 0;  ///< all values
  std::uint64_t sum = 0;    ///< of all values
};

/// What an engine measured of its own work since it was opened. Durations are in microseconds, on a
/// steady clock.
struct engine_metrics {
  /// From taking up a start to the first call of a function, for runs that begin with one.
  distribution start_to_first_step_us;
  /// From taking up a signal to the call of a function that it leads to at once.
  distribution signal_to_step_us;
  distribution step_us;  ///< calls of functions in this process, as they themselves took
  /// From handing a transition over to learning that it is durable.
  distribution commit_us;
  distribution write_us;              ///< one write of the store, of a group of batches
  distribution sync_us;               ///< making written groups durable
  distribution group_batches;         ///< batches (transitions) in one write
  std::uint64_t steps_completed = 0;  ///< attempts, those of workers among them
  std::uint64_t steps_failed = 0;
  std::uint64_t steps_interrupted = 0;  ///< attempts that ended with a question
};

}  // namespace pawl
