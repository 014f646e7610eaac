#include "cli/commands/commands.hpp"
#include "cli/drive.hpp"

namespace pawl::cli {
namespace {

exit_code retry(session& s, const std::string& id_text, bool as_json) {
  const auto id = parse_run_id(id_text);
  if (!id) return s.fail(id.error());
  const auto opened = s.open_engine(store_use::existing);
  if (!opened) return s.fail(opened.error());
  engine& open = **opened;
  auto run = known_run(open, *id);
  if (!run) {
    const exit_code code = s.fail(run.error());
    return s.close(open, code);
  }
  drive_options how;
  how.json = as_json;
  how.begin = [&]() -> result<void> {
    const auto done = open.retry(*id);
    if (!done) return done.error();
    return {};
  };
  std::vector<followed_run> runs;
  runs.push_back(*std::move(run));
  return drive(s, open, std::move(runs), how);
}

}  // namespace

void add_runs_retry(CLI::App& to, command_line& line) {
  auto id = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  auto* const cmd =
      add_command(to, "retry", "Bring a failed run back, with the step that failed, and follow it.",
                  "Example:\n"
                  "  pawl runs retry monday --data-dir ./data --allow-exec tar,sha256sum");
  cmd->add_option("ID", *id, "The run")->required();
  cmd->add_flag("--json", *as_json, "One JSON object per line and event");
  add_allow_exec(*cmd, line);
  cmd->callback([&line, id, as_json] {
    line.command = [id, as_json](session& s) { return retry(s, *id, *as_json); };
  });
}

}  // namespace pawl::cli
