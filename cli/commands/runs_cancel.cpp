#include "cli/commands/commands.hpp"
#include "cli/commands/run_selection.hpp"

namespace pawl::cli {
namespace {

struct cancel_options {
  run_selection runs;
  std::string reason;
};

exit_code cancel(session& s, const cancel_options& given) {
  return apply_to_runs(s, given.runs, {"cancel", "Cancelled"},
                       [&](target& on, const run_id& id) -> result<std::string> {
                         const auto done = on.cancel(id, {.reason = given.reason});
                         if (!done) return done.error();
                         return "Run " + id.str() + " is cancelled; it was " +
                                std::string{to_string(done->before)} + ".";
                       });
}

}  // namespace

void add_runs_cancel(CLI::App& to, command_line& line) {
  auto given = std::make_shared<cancel_options>();
  auto* const cmd =
      add_command(to, "cancel", "Cancel unfinished runs. A cancelled run cannot be resumed.",
                  "Examples:\n"
                  "  pawl runs cancel monday --reason 'wrong disk' --data-dir ./data\n"
                  "  pawl runs cancel --status paused --yes --server http://127.0.0.1:7717");
  add_run_selection(*cmd, given->runs);
  cmd->add_flag("--json", given->runs.json, "Print one JSON object per run");
  add_verbose(*cmd, given->runs.verbose);
  cmd->add_option("--reason", given->reason, "Reason to record in the history")->type_name("TEXT");
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return cancel(s, *given); }; });
}

}  // namespace pawl::cli
