#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/session.hpp"

namespace pawl::cli {

/// The runs a command applies to: given by ID, or all with one status, or all that fit a filter.
struct run_selection {
  std::vector<std::string> ids;
  std::optional<std::string> status;
  std::optional<std::string> filter;
  bool yes = false;      ///< do not ask for confirmation of `status` and `filter`
  bool verbose = false;  ///< print a line for each run, also of many
  bool json = false;     ///< print one JSON object per run
};

/// The verb of a command that changes runs: "cancel", "Cancelled".
struct run_verb {
  std::string_view infinitive;
  std::string_view done;
};

/// Adds `ID...`, `--status`, `--filter` and `--yes`.
void add_run_selection(CLI::App& to, run_selection& selection);

/// Parses run IDs and removes duplicates. Errors: `invalid_argument`.
[[nodiscard]] result<std::vector<run_id>> parse_run_ids(const std::vector<std::string>& texts);

/// Parses a run status. Errors: `invalid_argument`, listing the valid values.
[[nodiscard]] result<run_status> parse_status_option(const std::string& text);

/// "No runs of flow order are paused."; both texts may be empty.
[[nodiscard]] std::string no_runs_text(const std::string& of_flow, const std::string& status);
/// The same for a selection that is not by IDs.
[[nodiscard]] std::string no_runs_text(const run_selection& selection);

/// Validates a selection before a target is opened.
[[nodiscard]] result<void> check_selection(const run_selection& selection);

/// The IDs of all runs with a status, oldest first.
[[nodiscard]] result<std::vector<run_id>> runs_with_status(target& on, run_status status);

/// Resolves a selection to IDs, oldest first if it is not by IDs; then asks for confirmation.
/// `verb` names the action, such as "cancel". Errors: `invalid_argument` if not confirmed.
[[nodiscard]] result<std::vector<run_id>> selected_runs(session& s, target& on,
                                                        const run_selection& selection,
                                                        std::string_view verb);

/// What became of one run.
struct action_outcome {
  action_outcome(std::string text) : sentence(std::move(text)) {}  // NOLINT: a success
  action_outcome(std::string text, exit_code how) : sentence(std::move(text)), code(how) {}

  std::string sentence;
  exit_code code = exit_code::ok;  ///< not `ok`: the run is not as the command wants it
};

/// Changes one run. Returns a sentence that describes the change.
using run_action = std::function<result<action_outcome>(target& on, const run_id& id)>;

/// True if a run that was selected by its status or a filter no longer fits: a command to its
/// parent has changed it.
[[nodiscard]] bool has_left(target& on, const run_selection& selection, const run_id& id);

/// Opens the target, applies an action to one run, prints its sentence, closes the target.
exit_code apply_to_run(session& s, const std::string& id, const run_action& action);
/// Same for each selected run. A run that left the selection before its turn is not an error. Of
/// many runs, prints the totals and the first errors. Continues after an error; returns the exit
/// code of the first error.
exit_code apply_to_runs(session& s, const run_selection& selection, const run_verb& verb,
                        const run_action& action);

}  // namespace pawl::cli
