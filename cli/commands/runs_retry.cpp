#include "cli/commands/commands.hpp"
#include "cli/commands/each_run.hpp"
#include "cli/drive.hpp"

namespace pawl::cli {
namespace {

struct retry_options {
  run_choice runs;
  bool json = false;
};

/// The runs as they are to be followed.
result<std::vector<followed_run>> failed_runs(target& on, const std::vector<run_id>& ids) {
  std::vector<followed_run> runs;
  for (const auto& id : ids) {
    auto run = ids.size() == 1 ? known_run(on, id) : known_run_briefly(on, id);
    if (!run) return run.error();
    runs.push_back(*std::move(run));
  }
  return runs;
}

exit_code retry(session& s, const retry_options& given) {
  if (const auto good = check_choice(given.runs); !good) return s.fail(good.error());
  const auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  target& on = **opened;
  const auto ids = chosen_runs(s, on, given.runs, "retry");
  if (ids && ids->empty()) {
    if (!given.json) s.out().line("No run has the status " + *given.runs.status + ".");
    return s.close(on, exit_code::ok);
  }
  auto runs = ids ? failed_runs(on, *ids) : result<std::vector<followed_run>>{ids.error()};
  if (!runs) {
    const exit_code code = s.fail(runs.error());
    return s.close(on, code);
  }
  drive_options how;
  how.json = given.json;
  how.begin = [&]() -> result<void> {
    for (const auto& id : *ids)
      if (const auto done = on.retry(id, {}); !done) return done.error();
    return {};
  };
  return drive(s, on, *std::move(runs), how);
}

}  // namespace

void add_runs_retry(CLI::App& to, command_line& line) {
  auto given = std::make_shared<retry_options>();
  auto* const cmd = add_command(
      to, "retry", "Bring failed runs back, with the steps that failed, and follow them.",
      "Examples:\n"
      "  pawl runs retry monday --data-dir ./data --allow-exec tar,sha256sum\n"
      "  pawl runs retry --status failed --server http://127.0.0.1:7717");
  add_run_choice(*cmd, given->runs);
  cmd->add_flag("--json", given->json, "One JSON object per line and event");
  add_allow_exec(*cmd, line);
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return retry(s, *given); }; });
}

}  // namespace pawl::cli
