#pragma once

#include <chrono>
#include <optional>

#include "cli/session.hpp"
#include "cli/target.hpp"

/// Reports how following runs ended. Each function prints and returns the exit code.
namespace pawl::cli {

/// Following stopped before the runs ended. `unfinished`: their number; `only`: the run, if one was
/// followed, else null.
exit_code report_stopped_early(session& s, const command_hints& hints, const follow_result& done,
                               std::optional<std::chrono::milliseconds> timeout,
                               std::size_t unfinished, const run_id* only);

/// Prints the totals of several runs. Without `detailed`, failed runs are only counted; the first
/// ones are named. Returns the worst of their exit codes.
exit_code print_totals(session& s, target& on, const follow_result& done, bool json, bool detailed);

/// Prints the state of a run that has ended or is parked.
exit_code print_one(session& s, target& on, const result<run_family>& run, bool json);

}  // namespace pawl::cli
