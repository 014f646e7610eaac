#include <unistd.h>

#include "cli/clock.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/run_selection.hpp"
#include "cli/report.hpp"

namespace pawl::cli {
namespace {

constexpr std::chrono::milliseconds pause_poll_interval{250};

struct pause_options {
  run_selection runs;
  std::string reason;
};

/// What a pause waits for and how to stop waiting, for a person at a terminal; else nothing.
std::string waiting_text(target& on, const run_id& id) {
  if (::isatty(STDERR_FILENO) != 1) return {};
  std::string steps;
  if (const auto run = on.get(id)) {
    for (const auto& wait : run->waiting_on) {
      const bool ends = wait.kind == "function" || wait.kind == "worker" || wait.kind == "run";
      if (ends)
        steps += (steps.empty() ? ".\nIt waits for " : ", ") + wait_text(wait, wall_clock());
    }
  }
  return steps + ".\nCtrl-C ends the waiting; the request to pause stays";
}

/// Pauses a run and waits until its running steps finish, unless a subflow is parked. In a data
/// folder this process executes them.
result<action_outcome> pause_one(session& s, target& on, const run_id& id,
                                 const std::string& reason) {
  const auto done = on.pause(id, {.reason = reason});
  if (!done) return done.error();
  std::string state = "paused";
  if (done->pausing)
    s.print_message("run " + id.str() + " has running steps; it pauses when they finish" +
                    waiting_text(on, id));
  for (bool stopped = !done->pausing; !stopped && !s.stop_signals().requested();) {
    const auto run = on.get(id, pause_poll_interval);
    if (!run) return run.error();
    state = run->pausing ? "pausing" : std::string{to_string(run->summary.status)};
    stopped = run->summary.status != run_status::running || run->parked;
  }
  return action_outcome{"Run " + id.str() + " is " + state + "."};
}

exit_code pause(session& s, const pause_options& given) {
  return apply_to_runs(s, given.runs, {"pause", "Paused"}, [&](target& on, const run_id& id) {
    return pause_one(s, on, id, given.reason);
  });
}

}  // namespace

void add_runs_pause(CLI::App& to, command_line& line) {
  auto given = std::make_shared<pause_options>();
  auto* const cmd = add_command(
      to, "pause", "Pause runs after their current steps finish.",
      "Example:\n"
      "  pawl runs pause monday --reason 'replacing the disk' --data-dir ./data\n\n"
      "The command waits until the run is paused. Ctrl-C ends the waiting; the request\n"
      "stays. In a data folder, steps that were interrupted by the end of a program run\n"
      "again before the run pauses. Resume a paused run with `pawl resume ID`.");
  add_run_selection(*cmd, given->runs);
  cmd->add_flag("--json", given->runs.json, "Print one JSON object per run");
  add_verbose(*cmd, given->runs.verbose);
  cmd->add_option("--reason", given->reason, "Reason to record in the history")->type_name("TEXT");
  add_allow_exec(*cmd, line);
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return pause(s, *given); }; });
}

}  // namespace pawl::cli
