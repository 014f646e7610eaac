#include "cli/commands/commands.hpp"
#include "cli/commands/each_run.hpp"
#include "cli/drive.hpp"

namespace pawl::cli {
namespace {

struct watch_options {
  std::vector<std::string> ids;
  std::optional<std::string> timeout;
  bool json = false;
};

result<std::vector<followed_run>> watched_runs(target& on, const std::vector<run_id>& ids) {
  if (!on.next().served) {
    return error{errc::invalid_argument,
                 "runs watch needs a server (--server URL): nothing happens in a data folder while "
                 "nobody works on it; `pawl resume ID` goes on with a run, and shows it"};
  }
  std::vector<followed_run> runs;
  for (const auto& id : ids) {
    auto run = ids.size() == 1 ? known_run(on, id) : known_run_briefly(on, id);
    if (!run) return run.error();
    runs.push_back(*std::move(run));
  }
  return runs;
}

exit_code watch(session& s, const watch_options& given) {
  const auto ids = parse_run_ids(given.ids);
  if (!ids) return s.fail(ids.error());
  drive_options how;
  how.json = given.json;
  how.to_the_end = true;
  if (given.timeout) {
    const auto timeout = parse_duration(*given.timeout);
    if (!timeout) return s.fail(exit_code::usage, "--timeout: " + timeout.error().message);
    how.timeout = *timeout;
  }
  const auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  auto runs = watched_runs(**opened, *ids);
  if (!runs) {
    const exit_code code = s.fail(runs.error());
    return s.close(**opened, code);
  }
  return drive(s, **opened, *std::move(runs), how);
}

}  // namespace

void add_runs_watch(CLI::App& to, command_line& line) {
  auto given = std::make_shared<watch_options>();
  auto* const cmd =
      add_command(to, "watch", "Show what happens in runs of a server, until they are finished.",
                  "Example:\n  pawl runs watch monday --server http://127.0.0.1:7717\n\n"
                  "Ends with the run's exit code. Ctrl-C ends the watching, not the run.");
  cmd->add_option("ID", given->ids, "The runs")->required();
  cmd->add_option("--timeout", given->timeout, "Watch no longer than this: 90s, 5m, 2h")
      ->type_name("TIME");
  cmd->add_flag("--json", given->json, "One JSON object per line and event");
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return watch(s, *given); }; });
}

}  // namespace pawl::cli
