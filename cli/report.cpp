#include "cli/report.hpp"

#include "cli/text.hpp"

namespace pawl::cli {
namespace {

/// Larger data is truncated.
constexpr std::size_t max_shown_bytes = 8'000;

}  // namespace

std::string next_command(const run_summary& run, const command_hints& hints) {
  const std::string& id = run.key.id.str();
  switch (run.status) {
    case run_status::running:
      if (hints.remote) return "pawl runs watch " + id + hints.read_flags;
      [[fallthrough]];
    case run_status::paused:
      return "pawl resume " + id + hints.run_flags;
    case run_status::failed:
      return "pawl runs retry " + id + hints.run_flags;
    case run_status::completed:
    case run_status::cancelled:
      return "pawl runs history " + id + hints.read_flags;
  }
  return {};
}

std::string next_command(const run_view& run, const command_hints& hints) {
  if (run.summary.status == run_status::failed && run.at.empty())
    return "pawl runs restart " + run.summary.key.id.str() + hints.read_flags;
  return next_command(run.summary, hints);
}

std::vector<std::string> unblock_commands(const run_view& run, const command_hints& hints) {
  std::vector<std::string> commands;
  if (is_finished(run.summary.status) || !run.parked) return commands;
  for (const auto& each : run.waiting_on) {
    if (each.kind == "answer") {
      commands.push_back("pawl resume " + run.summary.key.id.str() + " --question " +
                         shell_word(each.name) + " --answer JSON" + hints.run_flags);
    }
    if (each.kind != "signal") continue;
    commands.push_back("pawl runs signal " + run.summary.key.id.str() + " " +
                       shell_word(each.name) + hints.run_flags);
  }
  return commands;
}

std::string time_text(time_point t) {
  std::string text = to_rfc3339(t);  // "2026-01-31T09:30:00.250Z"
  text[10] = ' ';
  return text.substr(0, 19) + "Z";
}

std::int64_t duration_us(const run_summary& run, time_point now) {
  return (run.finished_at.value_or(now) - run.started_at.value_or(run.created_at)).count();
}

std::string shortened(const json& value) {
  std::string text = indented(value);
  if (text.size() <= max_shown_bytes) return text;
  const std::size_t all = text.size();
  text.resize(text.rfind('\n', max_shown_bytes) == text.npos ? max_shown_bytes
                                                             : text.rfind('\n', max_shown_bytes));
  return printable_lines(text) + "\n... " + std::to_string(all - text.size()) +
         " more bytes; use --json to print all";
}

void print_end(session& s, const run_view& run, const command_hints& hints) {
  const run_summary& summary = run.summary;
  const text_style style = s.style();
  const bool completed = summary.status == run_status::completed;
  const tint in = completed                              ? tint::green
                  : summary.status == run_status::failed ? tint::red
                                                         : tint::yellow;
  std::string status{run.parked && !is_finished(summary.status) ? "waiting"
                                                                : to_string(summary.status)};
  if (s.screen().live)
    status.insert(0, std::string{completed ? style.sign("✔", "+") : style.sign("✖", "x")} + " ");
  output& out = s.out();
  out.line("");
  out.line(style.paint(in, status) + " in " + duration_text(duration_us(summary, run.updated_at)) +
           style.paint(tint::dim, "  run " + summary.key.id.str() + " of " +
                                      printable(to_string(summary.flow))));
  if (summary.error) {
    const run_error& e = *summary.error;
    out.line("error: " + printable(e.type) + (e.node.empty() ? "" : " at " + printable(e.node)) +
             (e.attempt > 1 ? ", attempt " + std::to_string(e.attempt) : ""));
    out.line("  " + printable_lines(e.message));
  }
  out.line(shortened(run.data));
  if (!hints.durable) {
    out.line(
        style.paint(tint::dim,
                    "The run was in memory only. Use --data-dir DIR to store runs; they survive "
                    "kill -9."));
  } else {
    const auto commands = unblock_commands(run, hints);
    for (const auto& command : commands) out.line(style.paint(tint::dim, "next: ") + command);
    if (commands.empty()) out.line(style.paint(tint::dim, "next: ") + next_command(run, hints));
  }
  out.flush();
}

void print_end_json(session& s, const run_view& run) {
  json object = to_json(run);
  object["event"] = "summary";
  object["run"] = run.summary.key.id.str();
  object["duration_us"] = duration_us(run.summary, run.updated_at);
  s.out().line(one_line(object));
  s.out().flush();
}

}  // namespace pawl::cli
