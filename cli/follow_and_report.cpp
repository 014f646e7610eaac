#include "cli/follow_and_report.hpp"

#include <algorithm>
#include <map>

#include "cli/report.hpp"
#include "cli/text.hpp"
#include "cli/view/line_watcher.hpp"
#include "cli/view/table_watcher.hpp"
#include "cli/view/tree_watcher.hpp"

namespace pawl::cli {
namespace {

/// Selects the form of output. Log lines on the same terminal would break a drawing, so they imply
/// lines.
std::unique_ptr<watcher> make_watcher(session& s, const target& on, bool json, bool several) {
  if (json) return std::make_unique<json_watcher>(s);
  if (!s.screen().live || on.logs_to_terminal()) return std::make_unique<line_watcher>(s, several);
  if (several) return std::make_unique<table_watcher>(s);
  return std::make_unique<tree_watcher>(s);
}

/// Reports why a run could not be followed. After a store failure the run's error is only
/// `unavailable`; stopping the engine returns the cause.
exit_code fail_with(session& s, target& on, const error& why) {
  if (why.type == "store_failed") return s.fail(exit_code::store, why.message);
  if (why.code == errc::unavailable)
    if (const auto stopped = on.close(); !stopped)
      return s.fail(exit_code::store, stopped.error().message);
  return s.fail(why);
}

/// Reports the state of runs that were still unfinished, and how to continue them.
void report_unfinished(session& s, const command_hints& hints, std::size_t count,
                       const run_id* only) {
  if (hints.remote) {
    if (only == nullptr) return s.print_message(counted(count, "run") + " continue on the server");
    return s.print_message("the run continues on the server; follow it with: pawl runs watch " +
                           only->str() + hints.read_flags);
  }
  if (!hints.durable) {
    return s.print_message(
        count == 1 ? "the run was in memory only and is lost; use --data-dir DIR to store runs"
                   : "the runs were in memory only and are lost; use --data-dir DIR to store "
                     "runs");
  }
  s.print_message((count == 1 ? "the run is stored" : counted(count, "run") + " are stored") +
                  "; continue with: pawl " +
                  (only != nullptr ? "resume " + only->str() : "recover") + hints.run_flags);
}

exit_code report_stopped_early(session& s, const command_hints& hints, const follow_result& done,
                               const report_options& options, std::size_t unfinished,
                               const run_id* only) {
  if (done.how == follow_end::output_closed) return exit_code::broken_pipe;
  if (done.how == follow_end::timed_out) {
    s.print_message("not finished after " + duration_text(options.timeout->count() * 1'000));
  } else {
    s.print_message("stopped");
  }
  report_unfinished(s, hints, unfinished, only);
  if (done.how == follow_end::timed_out) return exit_code::unavailable;
  return s.stop_signals().code().value_or(exit_code::interrupted);
}

/// Prints the totals of several runs. Returns the worst of their exit codes.
exit_code print_totals(session& s, target& on, const follow_result& done, bool json) {
  std::map<run_status, std::size_t> totals;
  const error* failure = nullptr;
  for (const auto& [id, run] : done.runs) {
    if (!run) {
      failure = &run.error();
      if (failure->code != errc::unavailable)
        s.print_message("run " + id.str() + ": " + failure->message);
      continue;
    }
    ++totals[run->summary.status];
    if (json) print_end_json(s, *run);
    if (!json && run->summary.status == run_status::failed)
      s.out().line("next: " + next_command(*run, on.hints()));
  }
  if (!json) {
    std::string line = counted(done.runs.size(), "run") + ":";
    for (const auto status : all_run_statuses) {
      const auto count = totals[status];
      if (count > 0) line += " " + std::to_string(count) + " " + std::string{to_string(status)};
    }
    s.out().line(line);
  }
  if (failure != nullptr && failure->code == errc::unavailable) return fail_with(s, on, *failure);
  if (failure != nullptr) return exit_code_of(failure->code);
  if (totals[run_status::failed] > 0) return exit_code::run_failed;
  if (totals[run_status::cancelled] > 0) return exit_code::run_cancelled;
  return exit_code::ok;
}

exit_code print_one(session& s, target& on, const result<run_view>& run, bool json) {
  if (!run) return fail_with(s, on, run.error());
  if (json) {
    print_end_json(s, *run);
  } else {
    print_end(s, *run, on.hints());
  }
  return exit_code_of(run->summary.status);
}

}  // namespace

result<followed_run> load_run_summary(target& on, const run_id& id) {
  const auto run = on.get(id);
  if (!run) return run.error();
  return followed_run{
      id, run->summary.flow, nullptr, {}, run->checkpoint, run->summary.created_at, run->at};
}

result<followed_run> load_run(target& on, const run_id& id) {
  auto run = load_run_summary(on, id);
  if (!run) return run;
  const auto stored = on.get_flow(run->flow.name, run->flow.version);
  if (!stored) return stored.error();
  std::vector<diagnostic> diagnostics;  // stored definitions are valid
  run->definition = std::make_shared<const flow::definition>(
      flow::parse_definition(stored->definition, diagnostics));
  auto past = on.history(id);
  if (!past) return std::move(past).error();
  run->past = *std::move(past);
  // The run may have advanced since `get`.
  if (!run->past.empty()) run->checkpoint = std::max(run->checkpoint, run->past.back().checkpoint);
  return run;
}

result<std::vector<followed_run>> load_runs(target& on, const std::vector<run_id>& ids) {
  std::vector<followed_run> runs;
  for (const auto& id : ids) {
    auto run = ids.size() == 1 ? load_run(on, id) : load_run_summary(on, id);
    if (!run) return run.error();
    runs.push_back(*std::move(run));
  }
  return runs;
}

exit_code follow_and_report(session& s, target& on, std::vector<followed_run> runs,
                            const report_options& options) {
  follow_options how = options;
  how.several = options.several || runs.size() != 1;
  const std::size_t count = runs.size();
  const auto only = how.several ? std::nullopt : std::optional{runs.front().id};
  const auto shown = make_watcher(s, on, options.json, how.several);
  const auto done = on.follow(s, *shown, std::move(runs), how);
  if (!done) {
    const exit_code code = s.fail(done.error());
    return s.close(on, code);
  }
  exit_code code = exit_code::ok;
  if (done->how != follow_end::all_ended) {
    code = report_stopped_early(s, on.hints(), *done, options, count - done->runs.size(),
                                only ? &*only : nullptr);
  } else if (how.several) {
    code = print_totals(s, on, *done, options.json);
  } else {
    code = print_one(s, on, done->runs.begin()->second, options.json);
  }
  if (!done->stopped) code = s.fail(exit_code::store, done->stopped.error().message);
  return s.close(on, code);
}

}  // namespace pawl::cli
