#include <algorithm>

#include <pawl/run_errors.hpp>

#include "cli/commands/commands.hpp"
#include "cli/commands/run_filter_options.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

struct errors_options {
  run_filter_options runs;
  std::size_t limit = 10'000;
  bool json = false;
};

void print_group_lines(session& s, const run_error_groups& found) {
  for (const auto& group : found.groups) {
    s.out().line(one_line({{"type", group.type},
                           {"node", group.node},
                           {"count", group.count},
                           {"example", group.newest.str()},
                           {"message", group.message}}));
  }
}

void print_group_table(session& s, const run_error_groups& found) {
  std::size_t count = 5, type = 4, node = 4, example = 7;
  for (const auto& group : found.groups) {
    count = std::max(count, std::to_string(group.count).size());
    type = std::max(type, display_width(printable(group.type)));
    node = std::max(node, display_width(printable(group.node)));
    example = std::max(example, display_width(printable(group.newest.str())));
  }
  const bool live = s.screen().live;
  const std::size_t before = count + type + node + example + 4 * 2;
  const std::size_t columns = s.screen().size().columns;
  constexpr std::size_t least_message = 20;
  const std::size_t room = columns > before + least_message ? columns - before - 1 : least_message;
  s.out().line(s.style().paint(tint::dim, pad_left("COUNT", count) + "  " + pad("TYPE", type) +
                                              "  " + pad("NODE", node) + "  " +
                                              pad("EXAMPLE", example) + "  MESSAGE"));
  for (const auto& group : found.groups) {
    const std::string message = printable(group.message);
    s.out().line(pad_left(std::to_string(group.count), count) + "  " +
                 s.style().paint(tint::red, pad(printable(group.type), type)) + "  " +
                 pad(printable(group.node), node) + "  " +
                 pad(printable(group.newest.str()), example) + "  " +
                 (live ? fit(message, room, s.style().ellipsis()) : message));
  }
}

exit_code print_groups(session& s, target& open, const run_filter& filter,
                       const errors_options& options) {
  const auto found = open.errors(filter, options.limit);
  if (!found) return s.fail(found.error());
  if (options.json) {
    print_group_lines(s, *found);
  } else if (found->groups.empty()) {
    s.out().line(options.runs.where.empty() ? "No runs have failed."
                                            : "No failed run fits the filter.");
  } else {
    print_group_table(s, *found);
  }
  if (found->others > 0) {
    s.print_message(counted(found->others, "failed run") + " of more than " +
                    counted(found->groups.size(), "group") + " are not shown; use a filter");
  }
  if (!found->exact) {
    s.print_message("only the newest " + counted(found->runs, "failed run") +
                    " were read; use --limit N to read more");
  }
  if (options.runs.explain) s.print_message(search_text(found->search));
  return exit_code::ok;
}

exit_code group_errors(session& s, const errors_options& options) {
  auto filter = parse_run_filter(options.runs);
  if (!filter) return s.fail(filter.error());
  if (options.limit == 0) return s.fail(exit_code::usage, "--limit must be at least 1");
  const auto opened = s.open_target(store_use::read);
  if (!opened) return s.fail(opened.error());
  return s.close(**opened, print_groups(s, **opened, *filter, options));
}

}  // namespace

void add_runs_errors(CLI::App& to, command_line& line) {
  auto options = std::make_shared<errors_options>();
  auto* const cmd = add_command(
      to, "errors", "Group failed runs by error type and node.",
      "Examples:\n"
      "  pawl runs errors --data-dir ./data\n"
      "  pawl runs errors --data-dir ./data flow=order 'started>-1d'\n\n"
      "List the runs of a group with `pawl runs ls status=failed error=TYPE node=NODE`.");
  add_filter_words(*cmd, options->runs);
  cmd->add_option("--limit", options->limit,
                  "Maximum number of runs to read, up to 100000; default: 10000")
      ->type_name("N");
  cmd->add_flag("--json", options->json, "Print one JSON object per group");
  cmd->callback([&line, options] {
    line.command = [options](session& s) { return group_errors(s, *options); };
  });
}

}  // namespace pawl::cli
