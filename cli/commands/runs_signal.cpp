#include "cli/commands/commands.hpp"
#include "cli/read.hpp"
#include "cli/report.hpp"

namespace pawl::cli {
namespace {

struct signal_arguments {
  std::string run, type, payload = "null", signal_id;
};

exit_code send_signal(session& s, const signal_arguments& given) {
  const auto id = parse_run_id(given.run);
  if (!id) return s.fail(id.error());
  const auto used = s.load_settings();
  if (!used) return s.fail(used.error());
  auto payload =
      read_json_argument(given.payload, "the payload", used->values.run.max_signal_bytes * 2);
  if (!payload) return s.fail(payload.error());
  const auto opened = s.open_engine(store_use::existing);
  if (!opened) return s.fail(opened.error());
  exit_code code = exit_code::ok;
  const auto done =
      (*opened)->signal(*id, given.type, *std::move(payload), {.id = given.signal_id});
  if (!done) {
    code = s.fail(done.error());
  } else {
    s.out().line("The signal is with run " + id->str() + ".");
    s.out().line("next: " + next_step(done->run, used->values));
  }
  return s.close(**opened, code);
}

}  // namespace

void add_runs_signal(CLI::App& to, command_line& line) {
  auto given = std::make_shared<signal_arguments>();
  auto* const cmd = add_command(
      to, "signal", "Send a run what a node of type signal waits for.",
      "Example:\n"
      "  pawl runs signal monday approved '{\"by\": \"ada\"}' --data-dir ./data\n\n"
      "The signal is kept until the run takes it. `pawl resume ID` goes on with the run.");
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
