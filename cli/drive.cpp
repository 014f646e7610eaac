#include "cli/drive.hpp"

#include <algorithm>
#include <array>

#include "cli/report.hpp"
#include "cli/text.hpp"
#include "cli/view/fleet_watcher.hpp"
#include "cli/view/line_watcher.hpp"
#include "cli/view/tree_watcher.hpp"

namespace pawl::cli {
namespace {

/// Log lines would be drawn over: who wants many of them on the terminal gets lines throughout.
std::unique_ptr<watcher> make_watcher(session& s, const target& on, bool json, bool several) {
  if (json) return std::make_unique<json_watcher>(s);
  if (!s.screen().live || on.logs_to_terminal()) return std::make_unique<line_watcher>(s, several);
  if (several) return std::make_unique<fleet_watcher>(s);
  return std::make_unique<tree_watcher>(s);
}

/// Why a run could not be followed. Where the store failed, the engine's stop tells the cause, and
/// runs are told only that the engine takes nothing more.
exit_code fail_with(session& s, target& on, const error& why) {
  if (why.type == "store_failed") return s.fail(exit_code::store, why.message);
  if (why.code == errc::unavailable)
    if (const auto stopped = on.close(); !stopped)
      return s.fail(exit_code::store, stopped.error().message);
  return s.fail(why);
}

/// What becomes of runs that were left before their end, and how to go on.
void tell_unfinished(session& s, const onward& to, std::size_t count, const run_id* only) {
  if (to.served) {
    if (only == nullptr) return s.say(counted(count, "run") + " go on at the server");
    return s.say("the run goes on at the server; see it with: pawl runs watch " + only->str() +
                 to.look);
  }
  if (!to.kept) {
    return s.say(count == 1
                     ? "the run was kept in memory only and is lost; --data-dir DIR keeps runs"
                     : "the runs were kept in memory only and are lost; --data-dir DIR keeps runs");
  }
  const std::string id = only != nullptr ? " " + only->str() : "";
  s.say((count == 1 ? "the run is kept; go on with: pawl resume"
                    : counted(count, "run") + " are kept; go on with: pawl resume") +
        id + to.go);
}

exit_code stopped_early(session& s, const onward& to, const follow_result& done,
                        const drive_options& options, std::size_t unfinished, const run_id* only) {
  if (done.how == follow_end::output_closed) return exit_code::broken_pipe;
  if (done.how == follow_end::timed_out) {
    s.say("not finished within " + duration_text(options.timeout->count() * 1'000));
  } else {
    s.say("stopped");
  }
  tell_unfinished(s, to, unfinished, only);
  if (done.how == follow_end::timed_out) return exit_code::unavailable;
  return s.stop_signals().code().value_or(exit_code::interrupted);
}

/// The totals of several runs, and the worst of their exit codes.
exit_code print_totals(session& s, target& on, const follow_result& done, bool json) {
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
      s.out().line("next: " + next_step(*run, on.next()));
  }
  if (!json) {
    std::string line = counted(done.runs.size(), "run") + ":";
    for (const auto status : all_run_statuses) {
      const auto count = totals[static_cast<std::size_t>(status)];
      if (count > 0) line += " " + std::to_string(count) + " " + std::string{to_string(status)};
    }
    s.out().line(line);
  }
  if (failure != nullptr && failure->code == errc::unavailable) return fail_with(s, on, *failure);
  if (failure != nullptr) return exit_code_of(failure->code);
  if (totals[static_cast<std::size_t>(run_status::failed)] > 0) return exit_code::run_failed;
  if (totals[static_cast<std::size_t>(run_status::cancelled)] > 0) return exit_code::run_cancelled;
  return exit_code::ok;
}

exit_code print_one(session& s, target& on, const result<run_view>& run, bool json) {
  if (!run) return fail_with(s, on, run.error());
  if (json) {
    print_end_json(s, *run);
  } else {
    print_end(s, *run, on.next());
  }
  return exit_code_of(run->summary.status);
}

}  // namespace

result<followed_run> known_run_briefly(target& on, const run_id& id) {
  const auto run = on.get(id);
  if (!run) return run.error();
  return followed_run{
      id, run->summary.flow, nullptr, {}, run->checkpoint, run->summary.created_at, run->at};
}

result<followed_run> known_run(target& on, const run_id& id) {
  auto run = known_run_briefly(on, id);
  if (!run) return run;
  const auto stored = on.get_flow(run->flow.name, run->flow.version);
  if (!stored) return stored.error();
  std::vector<diagnostic> diagnostics;  // it was checked before it was stored
  run->definition = std::make_shared<const flow::definition>(
      flow::parse_definition(stored->definition, diagnostics));
  auto past = on.history(id);
  if (!past) return std::move(past).error();
  run->past = *std::move(past);
  // It may have gone on since it was looked at.
  if (!run->past.empty()) run->checkpoint = std::max(run->checkpoint, run->past.back().checkpoint);
  return run;
}

exit_code drive(session& s, target& on, std::vector<followed_run> runs,
                const drive_options& options) {
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
    code = stopped_early(s, on.next(), *done, options, count - done->runs.size(),
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
