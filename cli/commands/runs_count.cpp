#include "cli/commands/commands.hpp"
#include "cli/commands/run_filter_options.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

struct count_options {
  run_filter_options runs;
  bool json = false;
};

exit_code print_count(session& s, target& open, const run_filter& filter,
                      const count_options& options) {
  const auto total = open.count(filter);
  if (!total) return s.fail(total.error());
  if (options.json) {
    s.out().line(one_line({{"count", total->count}, {"exact", total->exact}}));
  } else {
    s.out().line((total->exact ? "" : ">= ") + std::to_string(total->count));
  }
  if (options.runs.explain) s.print_message(search_text(total->search));
  return exit_code::ok;
}

exit_code count_found(session& s, const count_options& options) {
  const auto filter = parse_run_filter(options.runs);
  if (!filter) return s.fail(filter.error());
  const auto opened = s.open_target(store_use::read);
  if (!opened) return s.fail(opened.error());
  return s.close(**opened, print_count(s, **opened, *filter, options));
}

}  // namespace

void add_runs_count(CLI::App& to, command_line& line) {
  auto options = std::make_shared<count_options>();
  auto* const cmd =
      add_command(to, "count", "Count runs.",
                  "Example:\n"
                  "  pawl runs count --data-dir ./data status=failed 'started>-1d'\n\n"
                  "Reads counters if only a status is given. Otherwise compares at most 100,000\n"
                  "runs; if there are more, prints \">= N\".");
  add_run_filter(*cmd, options->runs);
  cmd->add_flag("--json", options->json, "Print a JSON object");
  cmd->callback([&line, options] {
    line.command = [options](session& s) { return count_found(s, *options); };
  });
}

}  // namespace pawl::cli
