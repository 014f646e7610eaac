#include "cli/commands/commands.hpp"
#include "cli/commands/each_run.hpp"
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
  return act_on_run(s, given.run, [&](target& on, const run_id& id) -> result<std::string> {
    const auto done = on.signal(id, given.type, *payload, {.id = given.signal_id});
    if (!done) return done.error();
    return "The signal is with run " + id.str() + ".\nnext: " + next_step(done->run, on.next());
  });
}

}  // namespace

void add_runs_signal(CLI::App& to, command_line& line) {
  auto given = std::make_shared<signal_arguments>();
  auto* const cmd = add_command(
      to, "signal", "Send a run what a node of type signal waits for.",
      "Example:\n"
      "  pawl runs signal monday approved '{\"by\": \"ada\"}' --data-dir ./data\n\n"
      "The signal is kept until the run takes it. `pawl resume ID` goes on with a run of a data\n"
      "folder.");
  cmd->add_option("ID", given->run, "The run")->required();
  cmd->add_option("NAME", given->type, "The type of signal that the node names")->required();
  cmd->add_option("PAYLOAD", given->payload,
                  "What it carries: JSON, @FILE, or - for standard input; null if not given");
  cmd->add_option("--signal-id", given->signal_id,
                  "Sent again under the same id it changes nothing")
      ->type_name("TEXT");
  add_allow_exec(*cmd, line);
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return send_signal(s, *given); }; });
}

}  // namespace pawl::cli
