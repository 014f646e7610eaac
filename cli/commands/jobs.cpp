#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/commands/follow_job.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"
#include "server/job_views.hpp"

namespace pawl::cli {
namespace {

struct one_job {
  std::string id;
  std::optional<std::string> outcome;
  std::size_t limit = 20;
  bool json = false;
};

/// Opens the target, calls `use` with the job, closes the target.
exit_code with_job(session& s, const one_job& given, store_use how,
                   const std::function<exit_code(target& on, const job_id& id)>& use) {
  const auto id = parse_job_id(given.id);
  if (!id) return s.fail(id.error());
  const auto opened = s.open_target(how);
  if (!opened) return s.fail(opened.error());
  return s.close(**opened, use(**opened, *id));
}

void print_jobs(session& s, const std::vector<job_view>& jobs) {
  if (jobs.empty()) return s.out().line("No jobs.");
  std::size_t width = 2;
  for (const auto& each : jobs) width = std::max(width, each.id.str().size());
  s.out().line(s.style().paint(
      tint::dim, pad("ID", width) + "  STATE      COMMAND       RUNS     DONE  REFUSED   FAILED  "
                                    "STARTED               FILTER"));
  for (const auto& each : jobs) {
    s.out().line(pad(each.id.str(), width) + "  " + pad(std::string{to_string(each.state)}, 9) +
                 "  " + pad(std::string{to_string(each.request.command)}, 9) +
                 pad_left(std::to_string(each.counts.matched), 9) +
                 pad_left(std::to_string(each.counts.done), 9) +
                 pad_left(std::to_string(each.counts.refused), 9) +
                 pad_left(std::to_string(each.counts.failed), 9) + "  " +
                 time_text(each.created_at) + "  " + printable(each.request.filter));
  }
}

exit_code list_jobs_of(session& s, bool json) {
  const auto opened = s.open_target(store_use::read);
  if (!opened) return s.fail(opened.error());
  std::vector<job_view> all;
  std::vector<std::string> damaged;
  job_list_options how;
  do {
    auto page = (*opened)->list_jobs(how);
    if (!page) return s.close(**opened, s.fail(page.error()));
    std::move(page->jobs.begin(), page->jobs.end(), std::back_inserter(all));
    std::move(page->damaged.begin(), page->damaged.end(), std::back_inserter(damaged));
    how.cursor = page->next;
  } while (!how.cursor.empty());
  if (json) {
    for (const auto& each : all) s.out().line(one_line(server::to_json(each)));
  } else {
    print_jobs(s, all);
  }
  return s.close(**opened, report_damaged(s, damaged));
}

/// At most `given.limit` results: those with the outcome, or those that did not go well. All on one
/// page, which has no next one.
result<job_results> shown_results(target& on, const job_view& job, const one_job& given) {
  std::vector<job_outcome> outcomes{job_outcome::failed, job_outcome::refused};
  if (job.request.dry_run) outcomes = {job_outcome::waiting};
  if (given.outcome) {
    const auto one = parse_job_outcome(*given.outcome);
    if (!one) return one.error();
    outcomes = {*one};
  }
  job_results all;
  for (const auto outcome : outcomes) {
    job_results_options how;
    how.outcome = outcome;
    do {
      how.limit = std::min<std::size_t>(1'000, given.limit - all.results.size());
      if (how.limit == 0) return all;
      auto page = on.results_of_job(job.id, how);
      if (!page) return std::move(page).error();
      std::move(page->results.begin(), page->results.end(), std::back_inserter(all.results));
      // The search for each outcome goes through all of them.
      if (outcome == outcomes.front())
        std::move(page->damaged.begin(), page->damaged.end(), std::back_inserter(all.damaged));
      how.first = page->next;
    } while (how.first != 0);
  }
  return all;
}

void print_job(session& s, const job_view& job, const std::vector<job_result>& results) {
  const auto field = [&s](const char* name, const std::string& value) {
    if (!value.empty()) s.out().line(s.style().paint(tint::dim, pad(name, 10)) + printable(value));
  };
  s.out().line(job_sentence(job));
  field("filter", job.request.filter);
  field("reason", job.request.reason);
  field("signal", job.request.signal);
  field("started", time_text(job.created_at));
  field("by", job.request.by);
  if (job.ended_at) field("ended", time_text(*job.ended_at));
  if (job.request.rate > 0) field("rate", std::to_string(job.request.rate) + " runs per second");
  for (const auto& each : results) {
    s.out().line(pad(std::string{to_string(each.outcome)}, 8) + "  " + printable(each.run.str()) +
                 (each.message.empty() ? "" : "  " + printable(each.message)));
  }
}

exit_code show_job(session& s, target& on, const job_id& id, const one_job& given) {
  const auto job = on.get_job(id);
  if (!job) return s.fail(job.error());
  const auto results = shown_results(on, *job, given);
  if (!results) return s.fail(results.error());
  if (!given.json) {
    print_job(s, *job, results->results);
    return report_damaged(s, results->damaged);
  }
  json object = server::to_json(*job);
  object["results"] = json::array();
  for (const auto& each : results->results) object["results"].push_back(server::to_json(each));
  s.out().line(one_line(object));
  return report_damaged(s, results->damaged);
}

void add_jobs_ls(CLI::App& to, command_line& line) {
  auto as_json = std::make_shared<bool>(false);
  auto* const cmd = add_command(to, "ls", "List the jobs, newest first.",
                                "Example:\n"
                                "  pawl jobs ls --data-dir ./data");
  cmd->add_flag("--json", *as_json, "Print one JSON object per job");
  cmd->callback([&line, as_json] {
    line.command = [as_json](session& s) { return list_jobs_of(s, *as_json); };
  });
}

void add_jobs_show(CLI::App& to, command_line& line) {
  auto given = std::make_shared<one_job>();
  auto* const cmd =
      add_command(to, "show", "Show a job, and the runs that did not take its command.",
                  "Examples:\n"
                  "  pawl jobs show nightly-retry --data-dir ./data\n"
                  "  pawl jobs show nightly-retry --outcome done --limit 1000 --json");
  cmd->add_option("ID", given->id, "Job ID")->required();
  cmd->add_option("--outcome", given->outcome,
                  "List the runs with this outcome: waiting, done, refused, failed")
      ->type_name("OUTCOME");
  cmd->add_option("--limit", given->limit, "Maximum number of runs listed; default: 20")
      ->type_name("N")
      ->check(positive_number);
  cmd->add_flag("--json", given->json, "Print one JSON object");
  cmd->callback([&line, given] {
    line.command = [given](session& s) {
      return with_job(s, *given, store_use::read,
                      [&](target& on, const job_id& id) { return show_job(s, on, id, *given); });
    };
  });
}

void add_jobs_abort(CLI::App& to, command_line& line) {
  auto given = std::make_shared<one_job>();
  auto* const cmd = add_command(to, "abort", "Stop a job after the commands that are under way.",
                                "Example:\n"
                                "  pawl jobs abort nightly-retry --data-dir ./data\n\n"
                                "Runs that had their turn stay as they are.");
  cmd->add_option("ID", given->id, "Job ID")->required();
  cmd->add_flag("--json", given->json, "Print one JSON object");
  cmd->callback([&line, given] {
    line.command = [given](session& s) {
      return with_job(s, *given, store_use::existing, [&](target& on, const job_id& id) {
        const auto job = on.abort_job(id);
        if (!job) return s.fail(job.error());
        s.out().line(given->json ? one_line(server::to_json(*job)) : job_sentence(*job));
        return exit_code::ok;
      });
    };
  });
}

void add_jobs_rm(CLI::App& to, command_line& line) {
  auto given = std::make_shared<one_job>();
  auto* const cmd = add_command(to, "rm", "Delete a job that has ended, with its results.",
                                "Example:\n"
                                "  pawl jobs rm nightly-retry --data-dir ./data\n\n"
                                "Ended jobs above retention.max_jobs are deleted by themselves.");
  cmd->add_option("ID", given->id, "Job ID")->required();
  cmd->callback([&line, given] {
    line.command = [given](session& s) {
      return with_job(s, *given, store_use::existing, [&](target& on, const job_id& id) {
        const auto done = on.remove_job(id);
        if (!done) return s.fail(done.error());
        s.out().line("Deleted job " + id.str() + ".");
        return exit_code::ok;
      });
    };
  });
}

}  // namespace

void add_jobs(CLI::App& to, command_line& line) {
  auto* const group =
      add_command(to, "jobs", "Send commands to all runs that fit a filter.",
                  "Examples:\n"
                  "  pawl jobs start retry --filter status=failed --data-dir ./data\n"
                  "  pawl jobs ls --server http://127.0.0.1:7717");
  add_jobs_start(*group, line);
  add_jobs_ls(*group, line);
  add_jobs_show(*group, line);
  add_jobs_watch(*group, line);
  add_jobs_abort(*group, line);
  add_jobs_rm(*group, line);
}

}  // namespace pawl::cli
