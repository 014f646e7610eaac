#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "cli/follow.hpp"
#include "cli/session.hpp"

namespace pawl::cli {

struct drive_options {
  bool json = false;                                      ///< one JSON object per line
  bool several = false;                                   ///< even if it is but one run now
  std::optional<std::chrono::milliseconds> timeout = {};  ///< then the engine is stopped
  std::function<result<void>()> begin = [] { return result<void>{}; };  ///< sets the runs off
};

/// A run that is in the store, with its flow and what happened in it so far. Errors: as
/// `scope::get`.
[[nodiscard]] result<followed_run> known_run(const scope& in, const run_id& id);
/// The same without its past and its flow, as it is enough for one of many.
[[nodiscard]] result<followed_run> known_run_briefly(const scope& in, const run_id& id);

/// Follows runs to their ends in the form that the output asks for, prints how they ended and what
/// to do next, and stops the engine. Gives the exit code that this makes.
exit_code drive(session& s, engine& open, std::vector<followed_run> runs,
                const drive_options& options);

}  // namespace pawl::cli
