#include "cli/commands/commands.hpp"
#include "cli/commands/each_run.hpp"

namespace pawl::cli {
namespace {

constexpr std::chrono::milliseconds look_every{250};

struct pause_options {
  run_choice runs;
  std::string reason;
};

/// Of a store that no other process has open the run's last steps are finished here first.
result<std::string> pause_one(session& s, target& on, const run_id& id, const std::string& reason) {
  const auto done = on.pause(id, {.reason = reason});
  if (!done) return done.error();
  std::string how = "paused";
  if (done->pausing) s.say("run " + id.str() + " has steps under way; it is paused when they end");
  for (bool rests = !done->pausing; !rests && !s.stop_signals().requested();) {
    const auto run = on.get(id, look_every);
    if (!run) return run.error();
    how = run->pausing ? "about to be paused" : std::string{to_string(run->summary.status)};
    rests = run->summary.status != run_status::running;
  }
  return "Run " + id.str() + " is " + how + ".";
}

exit_code pause(session& s, const pause_options& given) {
  return act_on_runs(s, given.runs, "pause", [&](target& on, const run_id& id) {
    return pause_one(s, on, id, given.reason);
  });
}

}  // namespace

void add_runs_pause(CLI::App& to, command_line& line) {
  auto given = std::make_shared<pause_options>();
  auto* const cmd =
      add_command(to, "pause", "Let unfinished runs rest, once the steps under way have ended.",
                  "Example:\n"
                  "  pawl runs pause monday --reason 'disk is being changed' --data-dir ./data\n\n"
                  "Steps that were under way when the program ended are run again first.\n"
                  "`pawl resume ID` goes on with a paused run.");
  add_run_choice(*cmd, given->runs);
  cmd->add_option("--reason", given->reason, "Noted in the runs' histories")->type_name("TEXT");
  add_allow_exec(*cmd, line);
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return pause(s, *given); }; });
}

}  // namespace pawl::cli
