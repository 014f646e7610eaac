#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/commands/run_filter_options.hpp"
#include "cli/commands/run_table.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"
#include "persistence/query/run_sorting.hpp"

namespace pawl::cli {
namespace {

struct ls_options {
  run_filter_options runs;
  std::string order = persistence::to_string(run_order::newest);
  std::size_t limit = 50;
  std::optional<std::string> columns;
  bool json = false;
};

constexpr std::size_t page_size = 1000;

/// "50 of 1204 runs are listed": if there are more.
std::string more_text(target& open, const run_filter& filter, std::size_t listed) {
  constexpr const char* how = "; use --limit N to list more.";
  const auto total = open.count(filter);
  if (!total) return std::string{"There are more runs"} + how;
  return std::to_string(listed) + " of " + (total->exact ? "" : "at least ") +
         counted(total->count, "run") + how;
}

exit_code list_runs(session& s, target& open, const run_filter& given, const ls_options& options,
                    const std::vector<run_column>& columns) {
  run_filter filter = given;
  std::vector<run_summary> runs;
  std::vector<std::string> damaged;
  run_search search;
  do {
    filter.limit = std::min(page_size, options.limit - runs.size());
    auto page = open.list(filter);
    if (!page) return s.fail(page.error());
    std::move(page->runs.begin(), page->runs.end(), std::back_inserter(runs));
    std::move(page->damaged.begin(), page->damaged.end(), std::back_inserter(damaged));
    search.index = page->search.index;
    search.keys_read += page->search.keys_read;
    filter.cursor = page->next;
  } while (!filter.cursor.empty() && runs.size() < options.limit);
  if (options.json) {
    for (const auto& run : runs) s.out().line(one_line(to_json(run)));
  } else if (runs.empty()) {
    s.out().line(no_runs_text(options.runs));
  } else {
    print_run_table(s, columns, runs);
    if (!filter.cursor.empty())
      s.out().line(s.style().paint(tint::dim, more_text(open, filter, runs.size())));
  }
  if (options.runs.explain) s.print_message(search_text(search));
  return report_damaged(s, damaged);
}

exit_code ls(session& s, const ls_options& options) {
  auto filter = parse_run_filter(options.runs);
  if (!filter) return s.fail(filter.error());
  const auto sorting = persistence::parse_run_sorting(options.order);
  if (!sorting) {
    return s.fail(exit_code::usage, "invalid --order " + printable(options.order) +
                                        ": must be one of " + persistence::all_run_orders());
  }
  filter->order = sorting->order;
  filter->order_by = sorting->attribute;
  const auto columns =
      options.columns ? parse_run_columns(*options.columns) : default_run_columns(s.screen().live);
  if (!columns) return s.fail(exit_code::usage, "--columns: " + printable(columns.error().message));
  if (options.limit == 0) return s.fail(exit_code::usage, "--limit must be at least 1");
  const auto opened = s.open_target(store_use::read);
  if (!opened) return s.fail(opened.error());
  const exit_code code = list_runs(s, **opened, *filter, options, *columns);
  return s.close(**opened, code);
}

}  // namespace

void add_runs_ls(CLI::App& to, command_line& line) {
  auto options = std::make_shared<ls_options>();
  auto* const cmd =
      add_command(to, "ls", "List runs, newest first.",
                  "Examples:\n"
                  "  pawl runs ls --data-dir ./data --limit 10 status=failed,paused\n"
                  "  pawl runs ls --data-dir ./data flow=order 'started>-2h' error=card_declined\n"
                  "  pawl runs ls --data-dir ./data --order finished_last 'finished>-1h'\n"
                  "  pawl runs ls --data-dir ./data --columns id,flow,status,attr.customer");
  add_run_filter(*cmd, options->runs);
  cmd->add_option("--order", options->order,
                  "By the start (default: newest), the end, the last event, or the value of an "
                  "attribute (reversed: --order=-attr.NAME): " +
                      persistence::all_run_orders())
      ->type_name("ORDER");
  cmd->add_option("--limit", options->limit, "Maximum number of runs; default: 50")->type_name("N");
  auto* const columns =
      cmd->add_option("--columns", options->columns,
                      "Columns to show, separated by commas: " + all_run_columns())
          ->type_name("NAMES");
  cmd->add_flag("--json", options->json, "Print one JSON object per run")->excludes(columns);
  cmd->callback(
      [&line, options] { line.command = [options](session& s) { return ls(s, *options); }; });
}

}  // namespace pawl::cli
