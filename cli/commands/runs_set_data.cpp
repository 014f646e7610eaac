#include "cli/commands/commands.hpp"
#include "cli/commands/run_selection.hpp"
#include "cli/read.hpp"
#include "cli/report.hpp"

namespace pawl::cli {
namespace {

struct set_data_arguments {
  std::string run, data, reason;
};

exit_code set_data(session& s, const set_data_arguments& given) {
  const auto used = s.load_settings();
  if (!used) return s.fail(used.error());
  const auto changes = read_json_argument(given.data, "DATA", used->values.run.max_state_bytes);
  if (!changes) return s.fail(changes.error());
  return apply_to_run(s, given.run, [&](target& on, const run_id& id) -> result<action_outcome> {
    const auto done = on.set_data(id, *changes, {.reason = given.reason});
    if (!done) return done.error();
    return action_outcome{"Changed the data of run " + id.str() + "; " +
                          state_text(done->run.status) + "."};
  });
}

}  // namespace

void add_runs_set_data(CLI::App& to, command_line& line) {
  auto given = std::make_shared<set_data_arguments>();
  auto* const cmd =
      add_command(to, "set-data", "Change the data of a paused or failed run.",
                  "Example:\n"
                  "  pawl runs set-data monday '{\"target\": \"/backup2\"}' --data-dir ./data\n\n"
                  "Replaces the top-level keys of DATA. Other keys keep their values.\n\n"
                  "Alias: pawl runs update");
  cmd->alias("update");
  cmd->add_option("ID", given->run, "Run ID")->required();
  cmd->add_option("DATA", given->data, "An object: JSON, @FILE, or - for standard input")
      ->required();
  cmd->add_option("--reason", given->reason, "Reason to record in the history")->type_name("TEXT");
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return set_data(s, *given); }; });
}

}  // namespace pawl::cli
