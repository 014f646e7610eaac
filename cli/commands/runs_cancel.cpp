#include <utility>

#include "cli/commands/commands.hpp"
#include "cli/commands/run_selection.hpp"
#include "cli/report.hpp"

namespace pawl::cli {
namespace {

constexpr std::chrono::milliseconds cancel_poll_interval{250};

struct cancel_options {
  run_selection runs;
  std::string reason;
};

/// What became of a run that was cancelled: it can end as failed, or compensate for long.
action_outcome outcome_of(const run_view& run, run_status before, const command_hints& hints) {
  const std::string text = "Run " + run.summary.key.id.str();
  const run_status status = run.summary.status;
  if (status == run_status::cancelled)
    return text + " is cancelled; it was " + std::string{to_string(before)} + ".";
  std::string why = is_finished(status) ? state_text(status) : "it compensates its finished steps";
  if (status == run_status::failed && run.summary.error) why += ": " + run.summary.error->message;
  return {text + " is not cancelled" + (is_finished(status) ? "" : " yet") + ": " + why +
              "\nnext: " + next_command(run, nullptr, hints),
          status == run_status::completed ? exit_code::usage : exit_code_of(status)};
}

/// True if a function is executing a compensation, or a subflow is: it ends soon. Workers, retries
/// and people can take long.
bool is_busy(const run_view& run) {
  if (is_finished(run.summary.status) || run.parked) return false;
  return run.waiting_on.empty() || waits_for(run, "function") || waits_for(run, "run");
}

/// Cancels a run and waits while its steps are being compensated. In a data folder this process
/// executes the compensations.
result<action_outcome> cancel_one(session& s, target& on, const run_id& id,
                                  const std::string& reason) {
  const auto done = on.cancel(id, {.reason = reason});
  if (!done) return done.error();
  auto run = on.get(id);
  for (bool noted = false; run && is_busy(*run);) {
    run = on.get(id, cancel_poll_interval);
    if (run && is_busy(*run) && !std::exchange(noted, true))
      s.print_message("run " + id.str() + " compensates its finished steps first");
  }
  if (!run) return run.error();
  return outcome_of(*run, done->before, on.hints());
}

exit_code cancel(session& s, const cancel_options& given) {
  return apply_to_runs(s, given.runs, {"cancel", "Cancelled"}, [&](target& on, const run_id& id) {
    return cancel_one(s, on, id, given.reason);
  });
}

}  // namespace

void add_runs_cancel(CLI::App& to, command_line& line) {
  auto given = std::make_shared<cancel_options>();
  auto* const cmd =
      add_command(to, "cancel", "Cancel unfinished runs. A cancelled run cannot be resumed.",
                  "Examples:\n"
                  "  pawl runs cancel monday --reason 'wrong disk' --data-dir ./data\n"
                  "  pawl runs cancel --status paused --yes --server http://127.0.0.1:7717\n\n"
                  "Waits until the finished steps that have a compensation are compensated. If a\n"
                  "compensation fails, so does the run.");
  add_run_selection(*cmd, given->runs);
  cmd->add_flag("--json", given->runs.json, "Print one JSON object per run");
  add_verbose(*cmd, given->runs.verbose);
  cmd->add_option("--reason", given->reason, "Reason to record in the history")->type_name("TEXT");
  add_allow_exec(*cmd, line);
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return cancel(s, *given); }; });
}

}  // namespace pawl::cli
