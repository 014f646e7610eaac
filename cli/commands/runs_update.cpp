#include "cli/commands/commands.hpp"
#include "cli/commands/each_run.hpp"
#include "cli/read.hpp"

namespace pawl::cli {
namespace {

struct update_arguments {
  std::string run, data, reason;
};

exit_code update(session& s, const update_arguments& given) {
  const auto used = s.load_settings();
  if (!used) return s.fail(used.error());
  const auto changes = read_json_argument(given.data, "DATA", used->values.run.max_state_bytes);
  if (!changes) return s.fail(changes.error());
  return act_on_run(s, given.run, [&](target& on, const run_id& id) -> result<std::string> {
    const auto done = on.update(id, *changes, {.reason = given.reason});
    if (!done) return done.error();
    return "The data of run " + id.str() + " is changed; it is " +
           std::string{to_string(done->run.status)} + ".";
  });
}

}  // namespace

void add_runs_update(CLI::App& to, command_line& line) {
  auto given = std::make_shared<update_arguments>();
  auto* const cmd =
      add_command(to, "update", "Change the data of a paused or failed run, before it goes on.",
                  "Example:\n"
                  "  pawl runs update monday '{\"target\": \"/backup2\"}' --data-dir ./data\n\n"
                  "Top-level keys get the values given; the others stay.");
  cmd->add_option("ID", given->run, "The run")->required();
  cmd->add_option("DATA", given->data, "An object: JSON, @FILE, or - for standard input")
      ->required();
  cmd->add_option("--reason", given->reason, "Noted in the run's history")->type_name("TEXT");
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return update(s, *given); }; });
}

}  // namespace pawl::cli
