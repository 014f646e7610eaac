#pragma once

#include <cstdint>
#include <vector>

namespace pawl {

/// A histogram of the values since the engine was opened.
struct distribution {
  /// Element `i` counts the values above 2^(i-1) up to 2^i. Values above the last bound are counted
  /// in `count` only.
  std::vector<std::uint64_t> counts;
  std::uint64_t count = 0;  ///< number of all values
  std::uint64_t sum = 0;    ///< sum of all values
};

/// What an engine has measured since it was opened. Durations are in microseconds of a steady
/// clock.
struct engine_metrics {
  /// Time from accepting a start to the first function call, for runs that begin with one.
  distribution start_to_first_step_us;
  /// Time from accepting a signal to the function call that it triggers directly.
  distribution signal_to_step_us;
  distribution step_us;  ///< duration of function calls in this process
  /// Time from state transition to durable checkpoint.
  distribution commit_us;
  distribution write_us;              ///< one write of a group of batches to the store
  distribution sync_us;               ///< one sync of written groups
  distribution group_batches;         ///< batches (transitions) per write
  distribution group_bytes;           ///< bytes of keys and values per write
  std::uint64_t steps_completed = 0;  ///< attempts, including those of workers
  std::uint64_t steps_failed = 0;
  std::uint64_t steps_interrupted = 0;  ///< attempts that ended with a question
  std::uint64_t runs_started = 0;       ///< including restarts and subflows
  std::uint64_t runs_completed = 0;
  std::uint64_t runs_failed = 0;  ///< a run that fails again after a retry counts again
  std::uint64_t runs_cancelled = 0;
  std::uint64_t jobs_unfinished = 0;     ///< at this time; see <pawl/jobs.hpp>
  std::uint64_t job_runs_done = 0;       ///< commands of jobs that their runs took
  std::uint64_t job_runs_refused = 0;    ///< that their runs refused, or that were not sent
  std::uint64_t job_runs_failed = 0;     ///< that failed for another reason
  std::uint64_t run_log_lines_lost = 0;  ///< log lines of steps that were not kept with their run
  std::uint64_t blob_bytes = 0;          ///< of blobs and their uploads, at this time
};

/// How busy the store of an engine is. All 0 for a store in memory.
struct store_gauges {
  std::uint64_t log_bytes = 0;       ///< of logs that are replayed after a crash
  std::uint64_t memtable_bytes = 0;  ///< written, and not in tables yet
  std::uint64_t cache_bytes = 0;     ///< in use by cached blocks
  /// Most tables in the first level of a column. Writes slow down at 20, and stop at 36.
  std::uint64_t level0_tables = 0;
  std::uint64_t pending_compaction_bytes = 0;  ///< to be rewritten, as an estimate
  std::uint64_t delayed_write_rate = 0;        ///< bytes per second; 0: writes are not slowed down
  bool writes_stopped = false;                 ///< until compaction has caught up
};

}  // namespace pawl
