#include "cli/commands/follow_job.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "cli/text.hpp"
#include "cli/view/live_region.hpp"
#include "server/job_views.hpp"

namespace pawl::cli {
namespace {

/// Between two looks at a job; the answer comes at once when it has ended.
constexpr std::chrono::milliseconds job_look_interval{200};
constexpr std::size_t max_listed_refusals = 10;
constexpr std::size_t job_bar_width = 24;

/// "cancel [#####-------] 120 of 300, 2 refused"
std::string progress_text(const job_view& job) {
  std::string text = std::string{to_string(job.request.command)} + " ";
  if (job.state == job_state::selecting)
    return text + "selecting: " + counted(job.counts.matched, "run");
  const std::uint64_t total = std::max<std::uint64_t>(job.counts.matched, 1);
  const std::size_t full = static_cast<std::size_t>(job.counts.handled() * job_bar_width / total);
  text += "[" + std::string(full, '#') + std::string(job_bar_width - full, '-') + "] " +
          std::to_string(job.counts.handled()) + " of " + counted(job.counts.matched, "run");
  if (job.counts.refused > 0) text += ", " + std::to_string(job.counts.refused) + " refused";
  if (job.counts.failed > 0) text += ", " + std::to_string(job.counts.failed) + " failed";
  return text;
}

/// Prints the first runs that did not take the command.
void print_refusals(session& s, target& on, const job_view& job) {
  std::size_t left = max_listed_refusals;
  for (const auto outcome : {job_outcome::failed, job_outcome::refused}) {
    job_results_options wanted;
    wanted.outcome = outcome;
    wanted.limit = left;
    do {
      const auto page = on.results_of_job(job.id, wanted);
      if (!page) return s.print_message(page.error().message);
      for (const auto& each : page->results) s.print_message(printable(each.message));
      left -= page->results.size();
      wanted.limit = left;
      wanted.first = page->next;
    } while (left > 0 && wanted.first != 0);
    if (left == 0) break;
  }
  const std::uint64_t all = job.counts.refused + job.counts.failed;
  if (all > max_listed_refusals) {
    s.print_message("and " + std::to_string(all - max_listed_refusals) + " more; pawl jobs show " +
                    job.id.str() + on.hints().read_flags + " lists them");
  }
}

exit_code code_of(const job_view& job) {
  if (job.state == job_state::failed || job.counts.failed > 0) return exit_code::internal;
  const bool taken = job.state == job_state::finished && job.counts.refused == 0;
  return taken ? exit_code::ok : exit_code::usage;
}

/// Reports that the watching ends before the job.
exit_code report_interruption(session& s, target& on, const job_id& id) {
  const std::string watch = "pawl jobs watch " + id.str() + on.hints().read_flags;
  const std::string abort = "pawl jobs abort " + id.str() + on.hints().read_flags;
  s.print_message(on.hints().remote
                      ? "job " + id.str() + " goes on. Watch it: " + watch + "; stop it: " + abort
                      : "job " + id.str() + " stops with this program. Go on: " + watch +
                            "; give it up: " + abort);
  return s.stop_signals().code().value_or(exit_code::interrupted);
}

}  // namespace

std::string job_sentence(const job_view& job) {
  const job_counts& counts = job.counts;
  std::string text = "Job " + job.id.str() + " " + std::string{to_string(job.state)} + ": " +
                     std::string{to_string(job.request.command)} + ": ";
  if (job.request.dry_run) {
    text += counted(counts.matched, "run") + " would get the command";
  } else {
    text += std::to_string(counts.done) + " of " + counted(counts.matched, "run") + " done";
    if (counts.refused > 0) text += ", " + std::to_string(counts.refused) + " refused";
    if (counts.failed > 0) text += ", " + std::to_string(counts.failed) + " failed";
  }
  if (counts.damaged > 0) text += "; " + counted(counts.damaged, "run") + " cannot be read";
  if (!job.error.empty()) text += "; " + printable(job.error);
  return text + ".";
}

exit_code follow_job(session& s, target& on, const job_id& id, bool json) {
  s.stop_signals().enable_graceful_stop();
  live_region progress{s.out(), s.screen()};
  const bool draws = s.screen().live && !json;
  while (true) {
    const auto job = on.get_job(id, job_look_interval);
    if (s.stop_signals().requested()) {
      if (draws) progress.draw({});
      return report_interruption(s, on, id);
    }
    if (!job) return s.fail(job.error());
    if (has_ended(job->state)) {
      if (draws) progress.draw({});
      if (!json && job->counts.refused + job->counts.failed > 0) print_refusals(s, on, *job);
      s.out().line(json ? one_line(server::to_json(*job)) : job_sentence(*job));
      return code_of(*job);
    }
    if (!draws) continue;
    styled_line line;
    line.add(s.style(), tint::dim, progress_text(*job), s.screen().size().columns - 1);
    progress.draw({line});
  }
}

}  // namespace pawl::cli
