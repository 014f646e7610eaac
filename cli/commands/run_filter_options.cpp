#include "cli/commands/run_filter_options.hpp"

#include "cli/clock.hpp"
#include "cli/commands/run_selection.hpp"
#include "persistence/query/run_query.hpp"

namespace pawl::cli {

void add_filter_words(CLI::App& to, run_filter_options& options) {
  to.add_option("FILTER", options.where,
                "Conditions that must all hold, such as status=failed,paused flow=order "
                "'started>-2h' error=card_declined waiting=signal:approved id^=o-");
  to.add_flag("--explain", options.explain, "Print the index that was used and the keys read");
}

void add_run_filter(CLI::App& to, run_filter_options& options) {
  add_filter_words(to, options);
  to.add_option("--status", options.status, "Only runs with this status")
      ->type_name("running|paused|completed|failed|cancelled");
  to.add_option("--flow", options.flow, "Only runs of this flow, in any version")
      ->type_name("NAME");
}

result<run_filter> parse_run_filter(const run_filter_options& options) {
  run_filter filter;
  for (const auto& word : options.where) filter.where += (filter.where.empty() ? "" : " ") + word;
  if (const auto good = persistence::parse_run_query(filter.where, wall_clock()); !good)
    return good.error();
  if (options.status) {
    const auto status = parse_status_option(*options.status);
    if (!status) return status.error();
    filter.status = *status;
  }
  if (options.flow) {
    auto name = parse_flow_name(*options.flow);
    if (!name) return error{errc::invalid_argument, "--flow: " + name.error().message};
    filter.flow = *std::move(name);
  }
  return filter;
}

std::string search_text(const run_search& search) {
  return "index: " + search.index + "; keys read: " + std::to_string(search.keys_read);
}

std::string no_runs_text(const run_filter_options& options) {
  if (!options.where.empty()) return "No run fits the filter.";
  return no_runs_text(options.flow.value_or(""), options.status.value_or(""));
}

}  // namespace pawl::cli
