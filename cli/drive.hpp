#pragma once

#include <vector>

#include "cli/session.hpp"
#include "cli/target.hpp"

namespace pawl::cli {

struct drive_options : follow_options {
  bool json = false;  ///< one JSON object per line
};

/// A run that is there, with its flow and what happened in it so far. Errors: as `target::get`.
[[nodiscard]] result<followed_run> known_run(target& on, const run_id& id);
/// The same without its past and its flow, as it is enough for one of many.
[[nodiscard]] result<followed_run> known_run_briefly(target& on, const run_id& id);

/// Follows runs to their ends in the form that the output asks for, prints how they ended and what
/// to do next, and closes the target. Gives the exit code that this makes.
exit_code drive(session& s, target& on, std::vector<followed_run> runs,
                const drive_options& options);

}  // namespace pawl::cli
