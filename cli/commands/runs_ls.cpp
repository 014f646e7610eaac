#include <algorithm>

#include "cli/clock.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/run_filter_options.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"
#include "cli/view/columns.hpp"
#include "persistence/query/run_query.hpp"

namespace pawl::cli {
namespace {

struct ls_options {
  run_filter_options runs;
  std::string order{persistence::to_string(run_order::newest)};
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

/// "signal approved at ask and 2 more"; "" for a run that waits for nothing.
std::string wait_of(const run_summary& run) {
  if (run.waits.empty()) return {};
  const run_wait& first = run.waits.front();
  std::string text = first.kind;
  if (!first.name.empty()) text += " " + printable(first.name);
  if (!first.node.empty()) text += " at " + printable(first.node);
  if (run.waits.size() > 1) text += " and " + std::to_string(run.waits.size() - 1) + " more";
  return text;
}

/// The error of a run, or what it waits for.
std::string detail_of(const run_summary& run) {
  if (!run.error) return wait_of(run);
  return printable(run.error->type) +
         (run.error->node.empty() ? "" : " at " + printable(run.error->node));
}

/// A table of runs. On a terminal it fits the window; elsewhere nothing is truncated.
class run_table {
 public:
  explicit run_table(session& s) : session_(s) {}

  void print(const std::vector<run_summary>& runs) {
    std::size_t id = 2, flow = 4, detail = 0;
    std::vector<std::string> details;
    for (const auto& run : runs) {
      details.push_back(detail_of(run));
      id = std::max(id, display_width(printable(run.key.id.str())));
      flow = std::max(flow, display_width(printable(to_string(run.flow))));
      detail = std::max(detail, display_width(details.back()));
    }
    widths_ = {id, flow, detail};
    if (session_.screen().live) {
      const std::size_t columns = session_.screen().size().columns;
      const std::size_t room = columns > fixed_width ? columns - fixed_width : 0;
      widths_ = fit_columns({{id, 13, 8}, {flow, 16, 8}, {detail, 24, 8}}, room);
    }
    print_header();
    for (std::size_t i = 0; i < runs.size(); ++i) print_run(runs[i], details[i]);
    if (widths_[0] < id) {
      session_.out().line(
          session_.style().paint(tint::dim, "IDs are shortened; --json prints them in full."));
    }
  }

 private:
  /// STATUS, AGE, TOOK and the gaps between the columns; the last column stays free.
  static constexpr std::size_t fixed_width = 9 + 7 + 7 + 5 * 2 + 1;

  void print_header() {
    const bool live = session_.screen().live;
    std::string line = pad("ID", widths_[0]) + "  STATUS     " + pad("FLOW", widths_[1]) +
                       (live ? "      AGE" : "  CREATED             ") + "     TOOK";
    if (widths_[2] > 0)
      line += "  " + fit("ERROR, WAITS FOR", live ? widths_[2] : 16, session_.style().ellipsis());
    session_.out().line(session_.style().paint(tint::dim, line));
  }

  void print_run(const run_summary& run, const std::string& detail) {
    const text_style style = session_.style();
    const bool live = session_.screen().live;
    const auto dots = style.ellipsis();
    const time_point now = wall_clock();
    std::string line =
        pad(fit_middle(printable(run.key.id.str()), widths_[0], dots), widths_[0]) + "  " +
        style.paint(tint_of(run.status), pad(std::string{to_string(run.status)}, 9)) + "  " +
        pad(fit(printable(to_string(run.flow)), widths_[1], dots), widths_[1]) + "  " +
        (live ? pad_left(duration_text((now - run.created_at).count()), 7)
              : time_text(run.created_at)) +
        "  " + pad_left(duration_text(duration_us(run, now)), 7);
    if (!detail.empty()) line += "  " + fit(detail, widths_[2], dots);
    session_.out().line(line);
  }

  session& session_;
  std::vector<std::size_t> widths_;  ///< of ID, FLOW and the last column
};

/// "50 of 1204 runs are listed": if there are more.
std::string more_text(target& open, const run_filter& filter, std::size_t listed) {
  constexpr const char* how = "; use --limit N to list more.";
  const auto total = open.count(filter);
  if (!total) return std::string{"There are more runs"} + how;
  return std::to_string(listed) + " of " + (total->exact ? "" : "at least ") +
         counted(total->count, "run") + how;
}

/// Reports runs that could not be listed. Returns the exit code for them.
exit_code report_damaged(session& s, const std::vector<std::string>& damaged) {
  exit_code code = exit_code::ok;
  for (const auto& each : damaged) code = s.fail(error{errc::corrupt, each});
  return code;
}

exit_code list_runs(session& s, target& open, const run_filter& given, const ls_options& options) {
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
    run_table{s}.print(runs);
    if (!filter.cursor.empty())
      s.out().line(s.style().paint(tint::dim, more_text(open, filter, runs.size())));
  }
  if (options.runs.explain) s.print_message(search_text(search));
  return report_damaged(s, damaged);
}

exit_code ls(session& s, const ls_options& options) {
  auto filter = parse_run_filter(options.runs);
  if (!filter) return s.fail(filter.error());
  const auto order = persistence::parse_run_order(options.order);
  if (!order) {
    return s.fail(exit_code::usage, "invalid --order " + printable(options.order) +
                                        ": must be one of " + persistence::all_run_orders());
  }
  filter->order = *order;
  if (options.limit == 0) return s.fail(exit_code::usage, "--limit must be at least 1");
  const auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  const exit_code code = list_runs(s, **opened, *filter, options);
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
                  "  pawl runs ls --data-dir ./data --order finished_last 'finished>-1h'");
  add_run_filter(*cmd, options->runs);
  cmd->add_option("--order", options->order,
                  "By the start, or finished runs by their end; default: newest")
      ->type_name("newest|oldest|finished_last|finished_first");
  cmd->add_option("--limit", options->limit, "Maximum number of runs; default: 50")->type_name("N");
  cmd->add_flag("--json", options->json, "Print one JSON object per run");
  cmd->callback(
      [&line, options] { line.command = [options](session& s) { return ls(s, *options); }; });
}

}  // namespace pawl::cli
