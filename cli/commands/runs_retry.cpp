#include "cli/commands/commands.hpp"
#include "cli/commands/run_selection.hpp"
#include "cli/follow_and_report.hpp"

namespace pawl::cli {
namespace {

struct retry_options {
  run_selection runs;
  std::string reason;
  bool json = false;
  bool verbose = false;
};

exit_code retry(session& s, const retry_options& given) {
  if (const auto good = check_selection(given.runs); !good) return s.fail(good.error());
  const auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  target& on = **opened;
  const auto ids = selected_runs(s, on, given.runs, "retry");
  if (ids && ids->empty()) {
    if (!given.json) s.out().line(no_runs_text(given.runs));
    return s.close(on, exit_code::ok);
  }
  auto runs = ids ? load_runs(on, *ids) : result<std::vector<followed_run>>{ids.error()};
  if (!runs) {
    const exit_code code = s.fail(runs.error());
    return s.close(on, code);
  }
  report_options how;
  how.json = given.json;
  how.verbose = given.verbose;
  how.begin = [&](const run_id& id) -> result<void> {
    const auto done = on.retry(id, {.reason = given.reason});
    // A retry of its parent has retried it.
    const bool retried = !done && done.error().code == errc::illegal_transition;
    if (done || (retried && has_left(on, given.runs, id))) return {};
    return done.error();
  };
  return follow_and_report(s, on, *std::move(runs), how);
}

}  // namespace

void add_runs_retry(CLI::App& to, command_line& line) {
  auto given = std::make_shared<retry_options>();
  auto* const cmd =
      add_command(to, "retry", "Retry failed runs from the failed step (redrive) and follow them.",
                  "Examples:\n"
                  "  pawl runs retry monday --data-dir ./data --allow-exec tar,sha256sum\n"
                  "  pawl runs retry --status failed --server http://127.0.0.1:7717\n\n"
                  "Finished steps do not run again. To start over, use `pawl runs restart`.");
  add_run_selection(*cmd, given->runs);
  cmd->add_flag("--json", given->json, "Print one JSON object per event");
  add_verbose(*cmd, given->verbose);
  cmd->add_option("--reason", given->reason, "Reason to record in the history")->type_name("TEXT");
  add_allow_exec(*cmd, line);
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return retry(s, *given); }; });
}

}  // namespace pawl::cli
