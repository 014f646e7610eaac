#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/json_members.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

struct stats_options {
  std::size_t days = 30;
  bool json = false;
};

constexpr const char* activities[] = {"started", "completed", "failed", "cancelled"};

std::string count_text(const json& object, const char* key) {
  const json& number = member(object, key);
  return number.is_number_unsigned() ? std::to_string(number.get<std::uint64_t>()) : "-";
}

/// Prints names, padded to their widths, and the four numbers of `runs`.
void print_activity(output& out, const std::string& names, const json& runs) {
  std::string line = names;
  for (const char* const each : activities) line += pad_left(count_text(runs, each), 11);
  out.line(line);
}

void print_heads(session& s, const std::string& names) {
  s.out().line(s.style().paint(tint::dim, names + "    STARTED  COMPLETED     FAILED  CANCELLED"));
}

void print_run(output& out, const char* which, const json& run) {
  if (!run.is_object()) return;
  const auto time = parse_rfc3339(text_in(run, "created_at"));
  out.line(pad(which, 16) + (time ? time_text(*time) : "?") + "  " + printable(text_in(run, "id")));
}

void print_totals(output& out, const json& all) {
  std::uint64_t sum = 0;
  std::string parts;
  for (const auto status : all_run_statuses) {
    const std::string name{to_string(status)};
    const json& count = member(member(all, "runs"), name.c_str());
    if (!count.is_number_unsigned() || count == 0u) continue;
    sum += count.get<std::uint64_t>();
    parts += (parts.empty() ? "" : ", ") + std::to_string(count.get<std::uint64_t>()) + " " + name;
  }
  out.line(pad("runs", 16) + std::to_string(sum) + (parts.empty() ? "" : ": " + parts));
  print_run(out, "oldest", member(all, "oldest"));
  print_run(out, "newest", member(all, "newest"));
}

void print_days(session& s, const json& all) {
  const json& days = member(all, "days");
  if (days.empty()) return;
  std::size_t width = 4;
  for (const auto& row : days)
    width = std::max(width, display_width(printable(text_in(row, "flow"))));
  s.out().line("");
  print_heads(s, pad("DAY (UTC)", 12) + pad("FLOW", width));
  for (const auto& row : days) {
    print_activity(
        s.out(),
        pad(printable(text_in(row, "day")), 12) + pad(printable(text_in(row, "flow")), width), row);
  }
  if (!flag_in(all, "complete")) s.out().line("Earlier days were left out; use a smaller --days.");
}

void print_statistics(session& s, const json& all) {
  print_totals(s.out(), all);
  s.out().line("");
  print_heads(s, pad("PERIOD", 14));
  const json& periods = member(all, "periods");
  for (const auto& [name, key] :
       {std::pair{"last 24 hours", "last_24_hours"}, std::pair{"last 7 days", "last_7_days"},
        std::pair{"last 30 days", "last_30_days"}, std::pair{"older", "older"}}) {
    print_activity(s.out(), pad(name, 14), member(periods, key));
  }
  print_days(s, all);
}

exit_code show_statistics(session& s, const stats_options& options) {
  const auto opened = s.open_target(store_use::read);
  if (!opened) return s.fail(opened.error());
  const auto all = (*opened)->statistics(options.days);
  if (!all) return s.close(**opened, s.fail(all.error()));
  if (options.json) {
    s.out().line(one_line(*all));
  } else {
    print_statistics(s, *all);
  }
  return s.close(**opened, exit_code::ok);
}

}  // namespace

void add_stats(CLI::App& to, command_line& line) {
  auto options = std::make_shared<stats_options>();
  auto* const cmd = add_command(
      to, "stats", "Show how many runs started and ended, by period, day and flow.",
      "Examples:\n"
      "  pawl stats --data-dir ./data\n"
      "  pawl stats --days 7 --json --server http://127.0.0.1:7717\n\n"
      "Reads counters: the cost does not depend on the number of runs. Counts the runs\n"
      "that are stored; a deleted run is in none of the numbers. Periods begin at a\n"
      "full hour.");
  cmd->add_option("--days", options->days, "Days to list, today included: 1 to 366; default: 30")
      ->type_name("N");
  cmd->add_flag("--json", options->json, "Print one JSON object");
  cmd->callback([&line, options] {
    line.command = [options](session& s) { return show_statistics(s, *options); };
  });
}

}  // namespace pawl::cli
