#include "cli/clock.hpp"
#include "cli/commands/commands.hpp"
#include "cli/text.hpp"
#include "cli/view/event_text.hpp"
#include "cli/view/line_watcher.hpp"
#include "server/live/event_filter.hpp"

namespace pawl::cli {
namespace {

struct events_options {
  std::string after;
  std::vector<std::string> filter;
  std::vector<std::string> kinds;
  bool json = false;
};

exit_code print_events(session& s, const events_options& given) {
  std::optional<journal_position> after;
  if (!given.after.empty()) {
    const auto position = parse_journal_position(given.after);
    if (!position) return s.fail(exit_code::usage, "--after: " + position.error().message);
    after = *position;
  }
  event_selection which{"", given.kinds};
  for (const auto& word : given.filter) which.filter += (which.filter.empty() ? "" : " ") + word;
  const auto good = server::event_filter::parse(which.filter, which.kinds, wall_clock());
  if (!good) return s.fail(exit_code::usage, good.error().message);
  const auto opened = s.open_target(store_use::read);
  if (!opened) return s.fail(opened.error());
  line_watcher lines{s, true};
  const auto done = (*opened)->events(after, which, [&](const placed_event& event) {
    if (given.json) {
      json object = event_json(event.run, event.what);
      if (event.what.checkpoint != 0) object["position"] = to_string(event.position);
      s.out().line(one_line(object));
    } else {
      lines.on_event({{default_scope(), event.run}, event.what});
    }
    s.out().flush();
    return !s.out().closed();
  });
  const exit_code code = done ? exit_code::ok : s.fail(done.error());
  return s.close(**opened, code);
}

}  // namespace

void add_events(CLI::App& to, command_line& line) {
  auto given = std::make_shared<events_options>();
  auto* const cmd =
      add_command(to, "events", "Stream the events of all runs.",
                  "Examples:\n"
                  "  pawl events --server http://127.0.0.1:7717\n"
                  "  pawl events --json --after 120.0.3 --server http://127.0.0.1:7717\n"
                  "  pawl events flow=order --kind run_failed,run_completed --data-dir ./data\n\n"
                  "A server sends new events until Ctrl-C. A data folder prints the events it has\n"
                  "stored.");
  cmd->add_option("--after", given->after,
                  "Start after this `position` of an event printed with --json")
      ->type_name("POSITION");
  cmd->add_option("FILTER", given->filter,
                  "Conditions that must all hold, on id, status (which the event leads to), flow, "
                  "version, parent and started");
  cmd->add_option("--kind", given->kinds, "Print only events of this kind; can be repeated")
      ->type_name("KIND")
      ->delimiter(',')
      ->allow_extra_args(false);
  cmd->add_flag("--json", given->json, "Print one JSON object per event");
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return print_events(s, *given); }; });
}

}  // namespace pawl::cli
