#include "cli/commands/commands.hpp"
#include "cli/commands/run_selection.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

exit_code remove_runs(session& s, const run_selection& runs) {
  if (const auto good = check_selection(runs); !good) return s.fail(good.error());
  if (!runs.yes && !runs.ids.empty()) {
    const std::string these = runs.ids.size() == 1 ? "run " + printable(runs.ids.front())
                                                   : counted(runs.ids.size(), "run");
    if (!s.is_confirmed("delete " + these + "?"))
      return s.fail(exit_code::usage, "nothing was deleted. Use --yes to delete " + these);
  }
  return apply_to_runs(s, runs, {"delete", "Deleted"},
                       [](target& on, const run_id& id) -> result<action_outcome> {
                         const auto removed = on.remove(id);
                         if (!removed) return removed.error();
                         std::string text = "Deleted run " + printable(id.str());
                         if (removed->runs > 1)
                           text += " and " + counted(removed->runs - 1, "subflow");
                         return action_outcome{text + "."};
                       });
}

struct hold_options {
  run_selection runs;
  bool release = false;
};

exit_code hold_runs(session& s, const hold_options& given) {
  const bool keep = !given.release;
  return apply_to_runs(s, given.runs,
                       keep ? run_verb{"keep", "Marked"} : run_verb{"release", "Released"},
                       [keep](target& on, const run_id& id) -> result<action_outcome> {
                         if (const auto done = on.keep(id, keep); !done) return done.error();
                         return action_outcome{"Run " + printable(id.str()) +
                                               (keep ? " is kept: it cannot be deleted."
                                                     : " is released: it can be deleted.")};
                       });
}

}  // namespace

void add_runs_rm(CLI::App& to, command_line& line) {
  auto runs = std::make_shared<run_selection>();
  auto* const cmd =
      add_command(to, "rm", "Delete ended runs, with their subflows, for good.",
                  "Examples:\n"
                  "  pawl runs rm monday --data-dir ./data\n"
                  "  pawl runs rm --status cancelled --yes --server http://127.0.0.1:7717\n\n"
                  "Deletes input, data, history and signals. A running or paused run must be\n"
                  "cancelled first. `pawl gc` deletes runs by age and returns the space.");
  add_run_selection(*cmd, *runs);
  cmd->get_option("--yes")->description("Do not ask for confirmation");
  cmd->add_flag("--json", runs->json, "Print one JSON object per run");
  add_verbose(*cmd, runs->verbose);
  cmd->callback(
      [&line, runs] { line.command = [runs](session& s) { return remove_runs(s, *runs); }; });
}

void add_runs_keep(CLI::App& to, command_line& line) {
  auto given = std::make_shared<hold_options>();
  auto* const cmd =
      add_command(to, "keep", "Protect runs from being deleted (legal hold).",
                  "Examples:\n"
                  "  pawl runs keep monday --data-dir ./data\n"
                  "  pawl runs keep monday --release --data-dir ./data\n\n"
                  "A run that is kept, and every run that has it as a subflow, is deleted by no\n"
                  "command, no `pawl gc` and no retention setting until it is released.");
  add_run_selection(*cmd, given->runs);
  cmd->add_flag("--release", given->release, "Remove the protection");
  cmd->add_flag("--json", given->runs.json, "Print one JSON object per run");
  add_verbose(*cmd, given->runs.verbose);
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return hold_runs(s, *given); }; });
}

}  // namespace pawl::cli
