#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "persistence/store.hpp"

/// The counters of runs: by status; unfinished ones by flow; and by flow the runs that started and
/// that ended in each hour. They count the runs that the store has: a deletion takes a run out of
/// all of them, so the counters of an hour are gone with the last run that they count.
namespace pawl::persistence {

/// What the counters see of a run.
struct counted_run {
  run_status status{};
  time_point created_at{};
  std::optional<time_point> finished_at = {};

  friend bool operator==(const counted_run&, const counted_run&) = default;
};
[[nodiscard]] counted_run counted_of(const run_summary& run);

/// Moves a run in the counters from what it was (none: it is new) to what it is (none: it is
/// deleted). An ordinary step changes none of it.
void count_run(batch& to, const scope_name& in, const flow_name& of,
               const std::optional<counted_run>& before, const std::optional<counted_run>& after);

/// What the counters of runs must be, by their key: added up from the records of all runs. Errors:
/// `corrupt`, `io_failed`.
[[nodiscard]] result<std::map<std::string, std::int64_t>> recount_runs(const view& from);

}  // namespace pawl::persistence
