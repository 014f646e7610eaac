#pragma once

#include <vector>

#include "cli/session.hpp"
#include "cli/target.hpp"

namespace pawl::cli {

struct report_options : follow_options {
  bool json = false;                ///< one JSON object per line
  bool verbose = false;             ///< every event and run, also of many runs
  std::vector<pawl::json> answers;  ///< to the questions of a single run, in their order
};

/// Loads the definition of a stored flow. Errors: as `target::get_flow`.
[[nodiscard]] result<std::shared_ptr<const flow::definition>> load_definition(
    target& on, const flow_version_id& id);
/// Loads the flows of a family; those that cannot be read stay null.
void load_definitions(target& on, run_family& family);
/// Loads an existing run with its flow and its history so far. Errors: as `target::get`.
[[nodiscard]] result<followed_run> load_run(target& on, const run_id& id);
/// Loads a run without flow and history, for commands that follow several.
[[nodiscard]] result<followed_run> load_run_summary(target& on, const run_id& id);
/// Loads each run: fully if there is one, else as a summary. Of several runs, one that does not
/// exist is refused when it is followed.
[[nodiscard]] result<std::vector<followed_run>> load_runs(target& on,
                                                          const std::vector<run_id>& ids);

/// Follows the runs in the form that suits the output, prints their final states and the next
/// command, and closes the target. Questions of a single run and its subflows are answered with
/// `answers`, then on the terminal. Returns the exit code.
exit_code follow_and_report(session& s, target& on, std::vector<followed_run> runs,
                            const report_options& options);

}  // namespace pawl::cli
