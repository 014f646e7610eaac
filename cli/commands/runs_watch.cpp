#include "cli/commands/commands.hpp"
#include "cli/commands/run_selection.hpp"
#include "cli/follow_and_report.hpp"

namespace pawl::cli {
namespace {

struct watch_options {
  std::vector<std::string> ids;
  std::optional<std::string> timeout;
  bool json = false;
};

exit_code watch(session& s, const watch_options& given) {
  const auto ids = parse_run_ids(given.ids);
  if (!ids) return s.fail(ids.error());
  report_options how;
  how.json = given.json;
  how.until_finished = true;
  if (given.timeout) {
    const auto timeout = parse_duration(*given.timeout);
    if (!timeout) return s.fail(exit_code::usage, "--timeout: " + timeout.error().message);
    how.timeout = *timeout;
  }
  if (!s.uses_server()) {
    return s.fail(
        exit_code::usage,
        "`pawl runs watch` requires a server (--server URL). In a data folder, execute and "
        "follow a run with `pawl resume ID`");
  }
  const auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  auto runs = load_runs(**opened, *ids);
  if (!runs) {
    const exit_code code = s.fail(runs.error());
    return s.close(**opened, code);
  }
  return follow_and_report(s, **opened, *std::move(runs), how);
}

}  // namespace

void add_runs_watch(CLI::App& to, command_line& line) {
  auto given = std::make_shared<watch_options>();
  auto* const cmd =
      add_command(to, "watch", "Follow runs on a server until they finish.",
                  "Example:\n  pawl runs watch monday --server http://127.0.0.1:7717\n\n"
                  "Ctrl-C stops watching; the runs continue.");
  cmd->add_option("ID", given->ids, "Run IDs")->required();
  cmd->add_option("--timeout", given->timeout, "Maximum time to watch: 90s, 5m, 2h")
      ->type_name("TIME");
  cmd->add_flag("--json", given->json, "Print one JSON object per event");
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return watch(s, *given); }; });
}

}  // namespace pawl::cli
