#include <algorithm>

#include "cli/commands/commands.hpp"
#include "cli/commands/run_selection.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"
#include "cli/view/tree_watcher.hpp"

namespace pawl::cli {
namespace {

struct ls_options {
  std::optional<std::string> status;
  std::optional<std::string> flow;
  std::size_t limit = 50;
  bool json = false;
};

constexpr std::size_t page_size = 1000;

tint tint_of(run_status status) {
  switch (status) {
    case run_status::completed:
      return tint::green;
    case run_status::failed:
      return tint::red;
    case run_status::cancelled:
    case run_status::paused:
      return tint::yellow;
    case run_status::running:
      break;
  }
  return tint::cyan;
}

void print_table(session& s, const std::vector<run_summary>& runs) {
  std::size_t id_width = 2, flow_width = 4;
  for (const auto& run : runs) {
    id_width = std::max(id_width, run.key.id.str().size());
    flow_width = std::max(flow_width, display_width(printable(to_string(run.flow))));
  }
  const text_style style = s.style();
  const time_point now = wall_clock();
  s.out().line(style.paint(tint::dim, pad("ID", id_width) + "  STATUS     " +
                                          pad("FLOW", flow_width) +
                                          "  CREATED                  TOOK  ERROR"));
  for (const auto& run : runs) {
    std::string line =
        pad(run.key.id.str(), id_width) + "  " +
        style.paint(tint_of(run.status), pad(std::string{to_string(run.status)}, 9)) + "  " +
        pad(printable(to_string(run.flow)), flow_width) + "  " + time_text(run.created_at) + "  " +
        pad_left(duration_text(duration_us(run, now)), 7);
    if (run.error) {
      line += "  " + printable(run.error->type);
      if (!run.error->node.empty()) line += " at " + printable(run.error->node);
    }
    s.out().line(line);
  }
}

exit_code list_runs(session& s, target& open, const run_filter& given, const ls_options& options) {
  run_filter filter = given;
  std::vector<run_summary> runs;
  do {
    filter.limit = std::min(page_size, options.limit - runs.size());
    auto page = open.list(filter);
    if (!page) return s.fail(page.error());
    std::move(page->runs.begin(), page->runs.end(), std::back_inserter(runs));
    filter.cursor = page->next;
  } while (!filter.cursor.empty() && runs.size() < options.limit);
  if (options.json) {
    for (const auto& run : runs) s.out().line(one_line(to_json(run)));
    return exit_code::ok;
  }
  if (runs.empty()) {
    const std::string of = options.flow ? " of flow " + printable(*options.flow) : "";
    s.out().line("No runs" + of + (options.status ? " are " + *options.status + "." : "."));
    return exit_code::ok;
  }
  print_table(s, runs);
  if (!filter.cursor.empty()) {
    s.out().line(s.style().paint(tint::dim, "There are more runs; use --limit N to list more."));
  }
  return exit_code::ok;
}

exit_code ls(session& s, const ls_options& options) {
  run_filter filter;
  if (options.status) {
    const auto status = parse_status_option(*options.status);
    if (!status) return s.fail(status.error());
    filter.status = *status;
  }
  if (options.flow) {
    auto name = parse_flow_name(*options.flow);
    if (!name) return s.fail(error{errc::invalid_argument, "--flow: " + name.error().message});
    filter.flow = *std::move(name);
  }
  if (options.limit == 0) return s.fail(exit_code::usage, "--limit must be at least 1");
  const auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  const exit_code code = list_runs(s, **opened, filter, options);
  return s.close(**opened, code);
}

}  // namespace

void add_runs_ls(CLI::App& to, command_line& line) {
  auto options = std::make_shared<ls_options>();
  auto* const cmd =
      add_command(to, "ls", "List runs, newest first.",
                  "Example:\n  pawl runs ls --data-dir ./data --status failed --limit 10");
  cmd->add_option("--status", options->status, "Only runs with this status")
      ->type_name("running|paused|completed|failed|cancelled");
  cmd->add_option("--flow", options->flow, "Only runs of this flow, in any version")
      ->type_name("NAME");
  cmd->add_option("--limit", options->limit, "Maximum number of runs; default: 50")->type_name("N");
  cmd->add_flag("--json", options->json, "Print one JSON object per run");
  cmd->callback(
      [&line, options] { line.command = [options](session& s) { return ls(s, *options); }; });
}

}  // namespace pawl::cli
