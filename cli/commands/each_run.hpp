#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/session.hpp"

namespace pawl::cli {

/// The runs that a command is about: named, or all of a status.
struct run_choice {
  std::vector<std::string> ids;
  std::optional<std::string> status;
  bool yes = false;  ///< all of that status are meant, without a question
};

/// `ID...`, `--status` and `--yes`.
void add_run_choice(CLI::App& to, run_choice& choice);

/// Ids as people write them, each once. Errors: `invalid_argument`.
[[nodiscard]] result<std::vector<run_id>> parse_run_ids(const std::vector<std::string>& texts);

/// A status as people write it. Errors: `invalid_argument`, which names all there are.
[[nodiscard]] result<run_status> parse_status_option(const std::string& text);

/// What is wrong with a choice before anything is opened.
[[nodiscard]] result<void> check_choice(const run_choice& choice);

/// The ids of all runs of a status, oldest first.
[[nodiscard]] result<std::vector<run_id>> runs_of_status(target& on, run_status status);

/// The runs that were chosen; asks on the terminal about those of a status. `verb`: what is to be
/// done to them, "cancel". Errors: `invalid_argument`: there is no terminal, or the answer was no.
[[nodiscard]] result<std::vector<run_id>> chosen_runs(session& s, target& on,
                                                      const run_choice& choice,
                                                      std::string_view verb);

/// Does something to one run and says in a sentence what it did.
using run_action = std::function<result<std::string>(target& on, const run_id& id)>;

/// Opens what the command works on, does something to a run, prints the sentence, closes it.
exit_code act_on_run(session& s, const std::string& id, const run_action& what);
/// The same for each of several runs. One that is refused does not keep the others from it; the
/// exit code is that of the first that was.
exit_code act_on_runs(session& s, const run_choice& choice, std::string_view verb,
                      const run_action& what);

}  // namespace pawl::cli
