#include "cli/commands/commands.hpp"
#include "cli/commands/run_selection.hpp"

namespace pawl::cli {
namespace {

struct terminate_options {
  run_selection runs;
  std::string reason;
};

exit_code terminate(session& s, const terminate_options& given) {
  return apply_to_runs(s, given.runs, {"terminate", "Terminated"},
                       [&](target& on, const run_id& id) -> result<action_outcome> {
                         const auto done = on.terminate(id, {.reason = given.reason});
                         if (!done) return done.error();
                         return action_outcome{"Run " + id.str() +
                                               " is cancelled at once; it was " +
                                               std::string{to_string(done->before)} + "."};
                       });
}

}  // namespace

void add_runs_terminate(CLI::App& to, command_line& line) {
  auto given = std::make_shared<terminate_options>();
  auto* const cmd = add_command(
      to, "terminate", "Cancel unfinished runs and their subflows at once, without compensation.",
      "Example:\n"
      "  pawl runs terminate monday --reason 'the account is closed' --data-dir ./data\n\n"
      "For runs that `pawl runs cancel` does not end, because their compensation does\n"
      "not finish.");
  add_run_selection(*cmd, given->runs);
  cmd->add_flag("--json", given->runs.json, "Print one JSON object per run");
  add_verbose(*cmd, given->runs.verbose);
  cmd->add_option("--reason", given->reason, "Reason to record in the history")->type_name("TEXT");
  add_allow_exec(*cmd, line);
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return terminate(s, *given); }; });
}

}  // namespace pawl::cli
