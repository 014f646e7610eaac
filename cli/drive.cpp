#include "cli/drive.hpp"

#include <unistd.h>

#include <array>

#include "cli/report.hpp"
#include "cli/text.hpp"
#include "cli/view/fleet_watcher.hpp"
#include "cli/view/line_watcher.hpp"
#include "cli/view/tree_watcher.hpp"

namespace pawl::cli {
namespace {

/// Log lines would be drawn over: who wants many of them on the terminal gets lines throughout.
bool log_disturbs(const settings& s) {
  return s.log.level < log_level::warning && s.log.file.empty() && ::isatty(STDERR_FILENO) == 1;
}

std::unique_ptr<watcher> make_watcher(session& s, const settings& used, bool json, bool several) {
  if (json) return std::make_unique<json_watcher>(s);
  if (!s.screen().live || log_disturbs(used)) return std::make_unique<line_watcher>(s, several);
  if (several) return std::make_unique<fleet_watcher>(s);
  return std::make_unique<tree_watcher>(s);
}

/// Why a run could not be followed. Where the store failed, the engine's stop tells the cause, and
/// runs are told only that the engine takes nothing more.
exit_code fail_with(session& s, engine& open, const error& why) {
  if (why.code == errc::unavailable)
    if (const auto stopped = open.stop(); !stopped)
      return s.fail(exit_code::store, stopped.error().message);
  return s.fail(why);
}

/// What becomes of runs that were left before their end, and how to go on.
void tell_unfinished(session& s, const settings& used, std::size_t count, const run_id* only) {
  if (used.storage.data_dir.empty()) {
    return s.say(count == 1
                     ? "the run was kept in memory only and is lost; --data-dir DIR keeps runs"
                     : "the runs were kept in memory only and are lost; --data-dir DIR keeps runs");
  }
  const std::string id = only != nullptr ? " " + only->str() : "";
  s.say((count == 1 ? "the run is kept; go on with: pawl resume"
                    : counted(count, "run") + " are kept; go on with: pawl resume") +
        id + session::step_flags(used));
}

exit_code stopped_early(session& s, const settings& used, const follow_result& done,
                        const drive_options& options, std::size_t unfinished, const run_id* only) {
  if (done.how == follow_end::output_closed) return exit_code::broken_pipe;
  if (done.how == follow_end::timed_out) {
    s.say("not finished within " + duration_text(options.timeout->count() * 1'000));
  } else {
    s.say("stopped");
  }
  tell_unfinished(s, used, unfinished, only);
  if (done.how == follow_end::timed_out) return exit_code::unavailable;
  return s.stop_signals().code().value_or(exit_code::interrupted);
}

/// The totals of several runs, and the worst of their exit codes.
exit_code print_totals(session& s, engine& open, const follow_result& done, bool json) {
  const settings& used = open.effective_settings();
  std::array<std::size_t, std::size(all_run_statuses)> totals{};
  const error* failure = nullptr;
  for (const auto& [id, run] : done.runs) {
    if (!run) {
      failure = &run.error();
      if (failure->code != errc::unavailable) s.say("run " + id.str() + ": " + failure->message);
      continue;
    }
    ++totals[static_cast<std::size_t>(run->summary.status)];
    if (json) print_end_json(s, *run);
    if (!json && run->summary.status == run_status::failed)
      s.out().line("next: " + next_step(run->summary, used));
  }
  if (!json) {
    std::string line = counted(done.runs.size(), "run") + ":";
    for (const auto status : all_run_statuses) {
      const auto count = totals[static_cast<std::size_t>(status)];
      if (count > 0) line += " " + std::to_string(count) + " " + std::string{to_string(status)};
    }
    s.out().line(line);
  }
  if (failure != nullptr && failure->code == errc::unavailable) return fail_with(s, open, *failure);
  if (failure != nullptr) return exit_code_of(failure->code);
  if (totals[static_cast<std::size_t>(run_status::failed)] > 0) return exit_code::run_failed;
  if (totals[static_cast<std::size_t>(run_status::cancelled)] > 0) return exit_code::run_cancelled;
  return exit_code::ok;
}

exit_code print_one(session& s, engine& open, const result<run_view>& run, bool json) {
  if (!run) return fail_with(s, open, run.error());
  if (json) {
    print_end_json(s, *run);
  } else {
    print_end(s, *run, open.effective_settings());
  }
  return exit_code_of(run->summary.status);
}

}  // namespace

result<followed_run> known_run_briefly(const scope& in, const run_id& id) {
  const auto run = in.get(id);
  if (!run) return run.error();
  return followed_run{
      id, run->summary.flow, nullptr, {}, run->checkpoint, run->summary.created_at, run->at};
}

result<followed_run> known_run(const scope& in, const run_id& id) {
  auto run = known_run_briefly(in, id);
  if (!run) return run;
  const auto stored = in.get_flow(run->flow.name, run->flow.version);
  if (!stored) return stored.error();
  std::vector<fault> faults;  // it was checked before it was stored
  run->definition =
      std::make_shared<const flow::definition>(flow::parse_definition(stored->definition, faults));
  auto past = whole_history(in, id);
  if (!past) return std::move(past).error();
  run->past = *std::move(past);
  return run;
}

exit_code drive(session& s, engine& open, std::vector<followed_run> runs,
                const drive_options& options) {
  const settings& used = open.effective_settings();
  const bool several = options.several || runs.size() != 1;
  const std::size_t count = runs.size();
  const auto only = several ? std::nullopt : std::optional{runs.front().id};
  const auto shown = make_watcher(s, used, options.json, several);
  follower follow{s, open, *shown, only};
  for (auto& run : runs) follow.add(std::move(run));
  s.stop_signals().stop_in_order();
  if (const auto begun = options.begin(); !begun) {
    const exit_code code = s.fail(begun.error());
    return s.close(open, code);
  }
  const follow_result done = follow.follow(options.timeout);
  exit_code code = exit_code::ok;
  if (done.how != follow_end::all_ended) {
    code = stopped_early(s, used, done, options, count - done.runs.size(), only ? &*only : nullptr);
  } else if (several) {
    code = print_totals(s, open, done, options.json);
  } else {
    code = print_one(s, open, done.runs.begin()->second, options.json);
  }
  if (!done.stopped) code = s.fail(exit_code::store, done.stopped.error().message);
  return s.close(open, code);
}

}  // namespace pawl::cli
