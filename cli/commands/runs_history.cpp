#include "cli/commands/commands.hpp"
#include "cli/follow_and_report.hpp"
#include "cli/text.hpp"
#include "cli/view/event_text.hpp"
#include "cli/view/line_watcher.hpp"

namespace pawl::cli {
namespace {

exit_code history(session& s, const std::string& id_text, bool as_json) {
  const auto id = parse_run_id(id_text);
  if (!id) return s.fail(id.error());
  const auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  target& open = **opened;
  exit_code code = exit_code::ok;
  if (const auto run = load_run(open, *id); !run) {
    code = s.fail(run.error());
  } else if (as_json) {
    for (const auto& e : run->past) s.out().line(one_line(event_json(*id, e)));
  } else {
    line_watcher lines{s, false};
    lines.follow(*run);
    for (const auto& e : run->past) lines.on_event({{default_scope(), *id}, e});
  }
  return s.close(open, code);
}

}  // namespace

void add_runs_history(CLI::App& to, command_line& line) {
  auto id = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  auto* const cmd = add_command(to, "history", "Print the history of a run.",
                                "Example:\n  pawl runs history monday --data-dir ./data");
  cmd->add_option("ID", *id, "Run ID")->required();
  cmd->add_flag("--json", *as_json, "Print one JSON object per event");
  cmd->callback([&line, id, as_json] {
    line.command = [id, as_json](session& s) { return history(s, *id, *as_json); };
  });
}

}  // namespace pawl::cli
