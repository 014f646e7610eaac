#include <algorithm>

#include "cli/commands/checkpoint_pages.hpp"
#include "cli/commands/commands.hpp"
#include "cli/json_members.hpp"
#include "cli/text.hpp"
#include "cli/view/step_lines.hpp"

namespace pawl::cli {
namespace {

struct steps_arguments {
  std::string id;
  step_options how;
  std::size_t limit = 100;  ///< of steps
  bool json = false;
};

exit_code print_steps_of(session& s, target& open, const run_id& id, const steps_arguments& given) {
  step_options how = given.how;
  step_lines lines{s};
  std::size_t left = given.limit;
  while (left > 0) {
    how.limit = std::min<std::size_t>(left, 1000);
    const auto page = open.steps(id, how);
    if (!page) return s.fail(page.error());
    const json& steps = member(*page, "steps");
    if (given.json) {
      for (const auto& each : steps) s.out().line(one_line(each));
    } else {
      lines.print(steps);
    }
    left -= std::min(left, steps.size());
    const json& next = member(*page, "next");
    if (!next.is_number_unsigned()) break;
    const auto further = next.get<std::uint64_t>();
    if (!leads_on(how, further)) break;
    how.from = further;
    if (left == 0 && !given.json) {
      s.print_message("There are more steps; they begin with --first " + std::to_string(further) +
                      ".");
    }
  }
  return exit_code::ok;
}

exit_code steps(session& s, const steps_arguments& given) {
  const auto id = parse_run_id(given.id);
  if (!id) return s.fail(id.error());
  const auto opened = s.open_target(store_use::read);
  if (!opened) return s.fail(opened.error());
  return s.close(**opened, print_steps_of(s, **opened, *id, given));
}

}  // namespace

void add_runs_steps(CLI::App& to, command_line& line) {
  auto given = std::make_shared<steps_arguments>();
  auto* const cmd = add_command(to, "steps", "List the steps of a run, one line per attempt.",
                                "Examples:\n"
                                "  pawl runs steps monday --data-dir ./data\n"
                                "  pawl runs steps monday --reverse --limit 5 --json");
  cmd->add_option("ID", given->id, "Run ID")->required();
  cmd->add_flag("--reverse", given->how.newest_first, "Begin with the step that started last");
  cmd->add_option("--node", given->how.node, "List only steps of this node")->type_name("NODE");
  cmd->add_option("--first", given->how.from, "Begin at this checkpoint")->type_name("N");
  cmd->add_option("--limit", given->limit,
                  "List about N steps; those of a checkpoint stay together")
      ->type_name("N")
      ->check(positive_number)
      ->capture_default_str();
  cmd->add_flag("--json", given->json, "Print one JSON object per step, with input and output");
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return steps(s, *given); }; });
}

}  // namespace pawl::cli
