#include <utility>

#include "cli/clock.hpp"
#include "cli/commands/commands.hpp"
#include "cli/report.hpp"
#include "cli/target/open_store.hpp"
#include "cli/text.hpp"
#include "persistence/transfer/run_exporter.hpp"
#include "server/views.hpp"

namespace pawl::cli {
namespace {

struct export_arguments {
  std::vector<std::string> ids;
  std::string filter;
};

result<persistence::export_selection> parse_selection(const export_arguments& given) {
  persistence::export_selection selected;
  for (const auto& text : given.ids) {
    auto id = parse_run_id(text);
    if (!id) return std::move(id).error();
    selected.ids.push_back(*std::move(id));
  }
  if (given.filter.empty()) return selected;
  auto query = persistence::parse_run_query(given.filter, wall_clock());
  if (!query) return std::move(query).error();
  selected.query = *std::move(query);
  return selected;
}

exit_code export_selected(session& s, const export_arguments& given) {
  auto selected = parse_selection(given);
  if (!selected) return s.fail(selected.error());
  const auto in = s.selected_scope();
  if (!in) return s.fail(in.error());
  const auto loaded = s.load_settings();
  if (!loaded) return s.fail(loaded.error());
  const auto open = open_plain_store(s, loaded->values, store_use::read);
  if (!open) return s.fail(open.error());
  const auto print = [&s](const json& line) -> result<void> {
    s.out().line(server::text_of(line));
    if (!s.out().closed()) return {};
    return error{errc::io_failed, "standard output was closed"};
  };
  const auto done = persistence::export_runs(*(*open)->durable_view(), *in, *selected, print);
  if (!done) return s.out().closed() ? exit_code::broken_pipe : s.fail(done.error());
  exit_code code = exit_code::ok;
  for (const auto& why : done->left_out) code = s.fail(exit_code::usage, "left out: " + why);
  if (const auto damaged = report_damaged(s, done->damaged); damaged != exit_code::ok)
    code = damaged;
  s.print_message("exported " + counted(done->totals.runs, "run") + ", " +
                  counted(done->totals.flows, "version", "versions") + " of flows, " +
                  counted(done->totals.records, "record"));
  return code;
}

}  // namespace

void add_runs_export(CLI::App& to, command_line& line) {
  auto given = std::make_shared<export_arguments>();
  auto* const cmd =
      add_command(to, "export", "Write runs, with their histories and flows, as lines of JSON.",
                  "Examples:\n"
                  "  pawl runs export --data-dir ./data > runs.jsonl\n"
                  "  pawl runs export order-17 --data-dir ./data > one.jsonl\n"
                  "  pawl runs export --filter 'status=paused flow=order' --data-dir ./data\n\n"
                  "All runs of the scope, unless ids or a filter are given. Subflows come with\n"
                  "the run that they descend from. Import the lines with `pawl runs import`.");
  cmd->add_option("ID", given->ids, "Run IDs; default: all runs");
  cmd->add_option("--filter", given->filter, "Also the runs that fit, such as status=paused")
      ->type_name("FILTER");
  cmd->callback([&line, given] {
    line.command = [given](session& s) { return export_selected(s, *given); };
  });
}

}  // namespace pawl::cli
