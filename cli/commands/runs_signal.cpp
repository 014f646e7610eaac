#include "cli/commands/commands.hpp"
#include "cli/commands/run_selection.hpp"
#include "cli/read.hpp"
#include "cli/report.hpp"

namespace pawl::cli {
namespace {

struct signal_arguments {
  std::string run, type, payload = "null", signal_id;
};

exit_code send_signal(session& s, const signal_arguments& given) {
  const auto used = s.load_settings();
  if (!used) return s.fail(used.error());
  const auto payload =
      read_json_argument(given.payload, "the payload", used->values.run.max_signal_bytes * 2);
  if (!payload) return s.fail(payload.error());
  return apply_to_run(s, given.run, [&](target& on, const run_id& id) -> result<action_outcome> {
    const auto done = on.signal(id, given.type, *payload, {.id = given.signal_id});
    if (!done) return done.error();
    for (const auto& warning : done->warnings) s.print_message("warning: " + warning);
    return action_outcome{(done->changed
                               ? "Sent the signal to run "
                               : "The signal " + given.signal_id + " was sent before to run ") +
                          id.str() + ".\nnext: " + next_command(done->run, on.hints())};
  });
}

}  // namespace

void add_runs_signal(CLI::App& to, command_line& line) {
  auto given = std::make_shared<signal_arguments>();
  auto* const cmd = add_command(
      to, "signal", "Send a signal to a run.",
      "Example:\n"
      "  pawl runs signal monday approved '{\"by\": \"ada\"}' --data-dir ./data\n\n"
      "The signal is stored until a node of type signal receives it. In a data folder,\n"
      "continue the run with `pawl resume ID`.");
  cmd->add_option("ID", given->run, "Run ID")->required();
  cmd->add_option("NAME", given->type, "Signal name, as in the node")->required();
  cmd->add_option("PAYLOAD", given->payload,
                  "Data of the signal: JSON, @FILE, or - for standard input; default: null");
  cmd->add_option("--signal-id", given->signal_id,
                  "Idempotency key: repeating a signal with the same id has no effect")
      ->type_name("TEXT")
      ->check(not_empty);
  add_allow_exec(*cmd, line);
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return send_signal(s, *given); }; });
}

}  // namespace pawl::cli
