#include <algorithm>

#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

struct resume_options {
  std::vector<std::string> ids;
  bool json = false;
};

/// The ids of all runs that are not finished, oldest first.
result<std::vector<run_id>> unfinished_runs(const scope& in) {
  std::vector<run_id> ids;
  for (const auto status : {run_status::pending, run_status::running}) {
    run_filter filter;
    filter.status = status;
    filter.limit = 1000;
    do {
      const auto page = in.list(filter);
      if (!page) return page.error();
      for (const auto& run : page->runs) ids.push_back(run.key.id);
      filter.cursor = page->next;
    } while (!filter.cursor.empty());
  }
  std::reverse(ids.begin(), ids.end());
  return ids;
}

result<std::vector<run_id>> parse_ids(const std::vector<std::string>& texts) {
  std::vector<run_id> ids;
  for (const auto& text : texts) {
    auto id = parse_run_id(text);
    if (!id) return std::move(id).error();
    if (std::find(ids.begin(), ids.end(), *id) == ids.end()) ids.push_back(*std::move(id));
  }
  return ids;
}

result<std::vector<followed_run>> runs_to_follow(const scope& in, const std::vector<run_id>& ids) {
  std::vector<followed_run> runs;
  for (const auto& id : ids) {
    auto run = ids.size() == 1 ? known_run(in, id) : known_run_briefly(in, id);
    if (!run) return run.error();
    runs.push_back(*std::move(run));
  }
  return runs;
}

/// Every unfinished run is left out for a reason, where there is one.
std::string why_none(const scope& in) {
  if (const auto counts = in.counts()) {
    for (const auto& each : *counts) {
      if (each.status == run_status::paused && each.count > 0)
        return counted(each.count, "run") + (each.count == 1 ? " is" : " are") +
               " paused; name one to go on with it.";
    }
  }
  return "every run is finished.";
}

/// A run that is paused goes on when it is named.
result<void> wake_paused(const scope& in, const run_id& id) {
  const auto run = in.get(id);
  if (!run) return run.error();
  if (run->summary.status != run_status::paused && !run->pausing) return {};
  const auto done = in.resume(id);
  return done ? result<void>{} : done.error();
}

exit_code resume(session& s, const resume_options& options) {
  auto ids = parse_ids(options.ids);
  if (!ids) return s.fail(ids.error());
  auto opened = s.open_engine(store_use::existing);
  if (!opened) return s.fail(opened.error());
  engine& open = **opened;
  if (ids->empty()) ids = unfinished_runs(open);
  if (ids && ids->empty()) {
    if (!options.json) s.out().line("Nothing to resume: " + why_none(open));
    return s.close(open, exit_code::ok);
  }
  auto runs = ids ? runs_to_follow(open, *ids) : result<std::vector<followed_run>>{ids.error()};
  if (!runs) {
    const exit_code code = s.fail(runs.error());
    return s.close(open, code);
  }
  drive_options how;
  how.json = options.json;
  how.begin = [&]() -> result<void> {
    for (const auto& id : *ids)
      if (auto woken = wake_paused(open, id); !woken) return woken;
    return {};
  };
  return drive(s, open, *std::move(runs), how);
}

}  // namespace

void add_resume(CLI::App& to, command_line& line) {
  auto options = std::make_shared<resume_options>();
  auto* const cmd = add_command(
      to, "resume", "Go on with the unfinished runs of a store, to their ends.",
      "Examples:\n"
      "  pawl resume --data-dir ./data --allow-exec tar,sha256sum\n"
      "  pawl resume monday --data-dir ./data\n\n"
      "Each run goes on from its last finished step; no finished step runs again. A run\n"
      "that failed is brought back with `pawl runs retry`.");
  cmd->add_option("ID", options->ids, "Only these runs; all unfinished ones if none is named");
  cmd->add_flag("--json", options->json, "One JSON object per line and event");
  add_allow_exec(*cmd, line);
  cmd->callback(
      [&line, options] { line.command = [options](session& s) { return resume(s, *options); }; });
}

}  // namespace pawl::cli
