#include "cli/end_of_following.hpp"

#include <map>
#include <vector>

#include "cli/clock.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

/// Number of errors and failed runs that are named when there are many.
constexpr std::size_t max_named = 10;

/// Reports why a run could not be followed. After a store failure the run's error is only
/// `unavailable`; stopping the engine returns the cause.
exit_code fail_with(session& s, target& on, const error& why) {
  if (why.type == "store_failed") return s.fail(exit_code::store, why.message);
  if (why.code == errc::unavailable)
    if (const auto stopped = on.close(); !stopped)
      return s.fail(exit_code::store, stopped.error().message);
  return s.fail(why);
}

/// Reports the state of runs that were still unfinished, and how to continue them. `last` is the
/// last known state of the only run, or empty.
void report_unfinished(session& s, const command_hints& hints, std::size_t count,
                       const run_id* only, const run_family& last) {
  if (!hints.durable) {
    return s.print_message(
        count == 1 ? "the run was in memory only and is lost; use --data-dir DIR to store runs"
                   : "the runs were in memory only and are lost; use --data-dir DIR to store "
                     "runs");
  }
  const auto unblock = unblock_commands(last, hints);
  if (!unblock.empty()) {
    s.print_message("the run waits for " + blocking_text(last, wall_clock()));
    for (const auto& command : unblock) s.print_message("continue with: " + command);
    return;
  }
  if (hints.remote) {
    if (only == nullptr) return s.print_message(counted(count, "run") + " continue on the server");
    return s.print_message("the run continues on the server; follow it with: pawl runs watch " +
                           shell_word(only->str()) + hints.read_flags);
  }
  s.print_message((count == 1 ? "the run is stored" : counted(count, "run") + " are stored") +
                  "; continue with: pawl " +
                  (only != nullptr ? "resume " + shell_word(only->str()) : "recover") +
                  hints.run_flags);
}

/// What became of several runs.
struct totals {
  std::map<std::string, std::size_t> by_state;
  std::vector<const run_view*> failed;
  std::vector<std::pair<const run_id*, const error*>> errors;
};

totals count_runs(const follow_result& done) {
  totals all;
  for (const auto& [id, run] : done.runs) {
    if (!run) {
      all.errors.emplace_back(&id, &run.error());
      ++all.by_state["not followed"];
      continue;
    }
    const auto status = run->summary.status;
    ++all.by_state[is_finished(status) ? std::string{to_string(status)} : "waiting"];
    if (status == run_status::failed) all.failed.push_back(&*run);
  }
  return all;
}

std::string totals_line(const totals& all, std::size_t count) {
  std::string line;
  for (const char* state : {"completed", "failed", "cancelled", "waiting", "not followed"}) {
    const auto found = all.by_state.find(state);
    if (found == all.by_state.end()) continue;
    line += (line.empty() ? " " : ", ") + std::to_string(found->second) + " " + state;
  }
  return counted(count, "run") + ":" + line;
}

void print_errors(session& s, const totals& all, bool detailed) {
  std::size_t named = 0, unnamed = 0;
  for (const auto& [id, why] : all.errors) {
    if (why->code == errc::unavailable) continue;  // reported once, by the caller
    if (!detailed && named == max_named) {
      ++unnamed;
      continue;
    }
    ++named;
    s.print_message("run " + id->str() + ": " + why->message);
  }
  if (unnamed > 0) s.print_message("and " + counted(unnamed, "more error") + "; use --verbose");
}

void print_failed(session& s, const totals& all, const command_hints& hints, bool detailed) {
  const std::size_t shown = detailed ? all.failed.size() : std::min(all.failed.size(), max_named);
  for (std::size_t i = 0; i < shown; ++i)
    s.out().line("next: " + next_command(*all.failed[i], nullptr, hints));
  if (shown < all.failed.size()) {
    s.out().line("and " + std::to_string(all.failed.size() - shown) +
                 " more failed runs: pawl runs ls --status failed" + hints.read_flags);
  }
}

/// The unfinished parent of a run that has ended, in a data folder: there it needs a command.
std::optional<run_id> waiting_parent(target& on, const run_view& run) {
  const auto& parent = run.summary.parent;
  if (!parent || on.hints().remote || run.summary.status == run_status::failed) return std::nullopt;
  const auto view = on.get(*parent);
  if (!view || is_finished(view->summary.status)) return std::nullopt;
  return parent;
}

}  // namespace

exit_code report_stopped_early(session& s, const command_hints& hints, const follow_result& done,
                               std::optional<std::chrono::milliseconds> timeout,
                               std::size_t unfinished, const run_id* only) {
  if (done.how == follow_end::output_closed) return exit_code::broken_pipe;
  if (done.how == follow_end::timed_out && timeout) {
    s.print_message("not finished after " + duration_text(timeout->count() * 1'000));
  } else {
    s.print_message("stopped");
  }
  report_unfinished(s, hints, unfinished, only, done.last);
  if (done.how == follow_end::timed_out) return exit_code::unavailable;
  return s.stop_signals().code().value_or(exit_code::interrupted);
}

exit_code print_totals(session& s, target& on, const follow_result& done, bool json,
                       bool detailed) {
  const totals all = count_runs(done);
  print_errors(s, all, detailed);
  if (json) {
    for (const auto& [id, run] : done.runs)
      if (run) print_end_json(s, {{*run}});
  } else {
    print_failed(s, all, on.hints(), detailed);
    s.out().line(totals_line(all, done.runs.size()));
  }
  for (const auto& [id, why] : all.errors)
    if (why->code == errc::unavailable) return fail_with(s, on, *why);
  if (!all.errors.empty()) return exit_code_of(all.errors.back().second->code);
  if (!all.failed.empty()) return exit_code::run_failed;
  if (all.by_state.contains("cancelled")) return exit_code::run_cancelled;
  return all.by_state.contains("waiting") ? exit_code::waiting : exit_code::ok;
}

exit_code print_one(session& s, target& on, const result<run_family>& run, bool json) {
  if (!run) return fail_with(s, on, run.error());
  if (json) {
    print_end_json(s, *run);
  } else {
    print_end(s, *run, waiting_parent(on, run->front().run), on.hints());
  }
  return exit_code_of(run->front().run.summary.status);
}

}  // namespace pawl::cli
