#include <algorithm>

#include "cli/clock.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/run_selection.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"
#include "cli/view/columns.hpp"

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

/// The first thing that an unfinished run waits for; "" if nothing is known.
std::string wait_of(target& open, const run_summary& run) {
  const auto view = open.get(run.key.id);
  if (!view || is_finished(view->summary.status)) return {};
  if (view->waiting_on.empty()) return {};
  const waiting_on& first = view->waiting_on.front();
  return printable(first.kind + (first.name.empty() ? "" : " " + first.name)) + " at " +
         printable(first.node);
}

/// The error of a run, or what it waits for. Reads at most `views_left` runs.
std::string detail_of(target& open, const run_summary& run, std::size_t& views_left) {
  if (run.error) {
    return printable(run.error->type) +
           (run.error->node.empty() ? "" : " at " + printable(run.error->node));
  }
  if (is_finished(run.status) || views_left == 0) return {};
  --views_left;
  return wait_of(open, run);
}

/// A table of runs. On a terminal it fits the window; elsewhere nothing is truncated.
class run_table {
 public:
  run_table(session& s, target& open) : session_(s), open_(open) {}

  void print(const std::vector<run_summary>& runs) {
    std::size_t id = 2, flow = 4, detail = 0, views_left = max_views;
    std::vector<std::string> details;
    for (const auto& run : runs) {
      details.push_back(detail_of(open_, run, views_left));
      id = std::max(id, run.key.id.str().size());
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
  /// Runs to read one by one, because a listing does not have what they wait for.
  static constexpr std::size_t max_views = 50;

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
        pad(fit_middle(run.key.id.str(), widths_[0], dots), widths_[0]) + "  " +
        style.paint(tint_of(run.status), pad(std::string{to_string(run.status)}, 9)) + "  " +
        pad(fit(printable(to_string(run.flow)), widths_[1], dots), widths_[1]) + "  " +
        (live ? pad_left(duration_text((now - run.created_at).count()), 7)
              : time_text(run.created_at)) +
        "  " + pad_left(duration_text(duration_us(run, now)), 7);
    if (!detail.empty()) line += "  " + fit(detail, widths_[2], dots);
    session_.out().line(line);
  }

  session& session_;
  target& open_;
  std::vector<std::size_t> widths_;  ///< of ID, FLOW and the last column
};

/// "50 of 1204 runs are listed": if there are more, and if their number is known.
std::string more_text(target& open, const run_filter& filter, std::size_t listed) {
  constexpr const char* how = "; use --limit N to list more.";
  const auto counts = open.counts();
  if (filter.flow || !counts) return std::string{"There are more runs"} + how;
  std::uint64_t all = 0;
  for (const auto& each : *counts)
    if (!filter.status || each.status == *filter.status) all += each.count;
  return std::to_string(listed) + " of " + counted(all, "run") + how;
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
    s.out().line(no_runs_text(options.flow.value_or(""), options.status.value_or("")));
    return exit_code::ok;
  }
  run_table{s, open}.print(runs);
  if (!filter.cursor.empty())
    s.out().line(s.style().paint(tint::dim, more_text(open, filter, runs.size())));
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
