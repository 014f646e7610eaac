#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

#include <pawl/callback.hpp>
#include <pawl/detail/scope_ref.hpp>
#include <pawl/ids.hpp>
#include <pawl/result.hpp>
#include <pawl/run_options.hpp>
#include <pawl/time.hpp>

namespace pawl {

class scope;

/// Numbers of runs in a period: that started in it, and that ended in it, by their status.
struct run_activity {
  std::uint64_t started = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;

  friend bool operator==(const run_activity&, const run_activity&) = default;
};

/// The runs of a flow on a day (UTC).
struct daily_activity {
  std::chrono::sys_days day{};
  flow_name flow;
  run_activity runs;

  friend bool operator==(const daily_activity&, const daily_activity&) = default;
};

/// A run and when it started.
struct started_run {
  run_id id;
  time_point created_at{};

  friend bool operator==(const started_run&, const started_run&) = default;
};

/// What the runs of a scope have done. Only runs that are stored are counted: a deleted run is in
/// none of these numbers. Periods begin at a full hour, so they are up to one hour longer than
/// their name says.
struct run_statistics {
  time_point now{};             ///< what the periods end with
  std::vector<run_count> runs;  ///< all runs, by status
  run_activity last_24_hours;
  run_activity last_7_days;
  run_activity last_30_days;
  /// Before the last 30 days. Runs that failed by quarantine have no time of an end: they are here.
  run_activity older;
  std::optional<started_run> oldest;
  std::optional<started_run> newest;
  std::vector<daily_activity> days;  ///< the last day first, then by flow; without empty ones
  bool complete = true;  ///< false: earlier days were left out, there were too many rows
};

struct statistics_options {
  /// Number of days in `run_statistics::days`, today included; 1 to 366.
  std::size_t days = 30;
};

/// The statistics of the runs of one scope. Reads counters that every start and every end of a run
/// changes: the cost depends on the hours and flows of the last days, not on the number of runs. A
/// handle: cheap to copy, safe for concurrent use, and valid after the engine has stopped (every
/// call then fails with `unavailable`).
class scope_statistics {
 public:
  explicit scope_statistics(const scope& in);

  /// Errors: `invalid_argument` (days), `unavailable`, those of the store; of the asynchronous call
  /// also `overloaded`, and `cancelled` if `withdrawn` is requested before its turn.
  [[nodiscard]] result<run_statistics> read(const statistics_options& options = {}) const;
  void read_async(const statistics_options& options, callback<run_statistics> done,
                  std::stop_token withdrawn = {}) const;

 private:
  detail::scope_ref at_;
};

}  // namespace pawl
