#include "cli/commands/commands.hpp"

namespace pawl::cli {
namespace {

/// A store that no other process has open: the run's last steps are finished here first.
exit_code pause(session& s, const std::string& id_text, const std::string& reason) {
  const auto id = parse_run_id(id_text);
  if (!id) return s.fail(id.error());
  const auto opened = s.open_engine(store_use::existing);
  if (!opened) return s.fail(opened.error());
  engine& open = **opened;
  const auto events = open.watch(*id);
  const auto done = open.pause(*id, {.reason = reason});
  if (!done) {
    const exit_code code = s.fail(done.error());
    return s.close(open, code);
  }
  if (done->pausing) s.say("run " + id->str() + " has steps under way; it is paused when they end");
  std::string how = "paused";
  for (bool rests = !done->pausing; !rests && !s.stop_signals().requested();) {
    const auto run = open.get(*id);
    if (!run) {
      const exit_code code = s.fail(run.error());
      return s.close(open, code);
    }
    how = run->pausing ? "about to be paused" : std::string{to_string(run->summary.status)};
    rests = run->summary.status != run_status::running;
    if (!rests) static_cast<void>(events->next(std::chrono::milliseconds{500}));
  }
  s.out().line("Run " + id->str() + " is " + how + ".");
  return s.close(open, exit_code::ok);
}

}  // namespace

void add_runs_pause(CLI::App& to, command_line& line) {
  auto id = std::make_shared<std::string>();
  auto reason = std::make_shared<std::string>();
  auto* const cmd =
      add_command(to, "pause", "Let an unfinished run rest, once the steps under way have ended.",
                  "Example:\n"
                  "  pawl runs pause monday --reason 'disk is being changed' --data-dir ./data\n\n"
                  "Steps that were under way when the program ended are run again first.\n"
                  "`pawl resume ID` goes on with a paused run.");
  cmd->add_option("ID", *id, "The run")->required();
  cmd->add_option("--reason", *reason, "Noted in the run's history")->type_name("TEXT");
  add_allow_exec(*cmd, line);
  cmd->callback([&line, id, reason] {
    line.command = [id, reason](session& s) { return pause(s, *id, *reason); };
  });
}

}  // namespace pawl::cli
