#include "cli/report.hpp"

#include "cli/text.hpp"

namespace pawl::cli {
namespace {

/// More than this nobody reads on a terminal.
constexpr std::size_t max_shown_bytes = 8'000;

}  // namespace

std::string next_step(const run_summary& run, const onward& to) {
  const std::string& id = run.key.id.str();
  switch (run.status) {
    case run_status::pending:
    case run_status::running:
      if (to.served) return "pawl runs watch " + id + to.look;
      [[fallthrough]];
    case run_status::paused:
      return "pawl resume " + id + to.go;
    case run_status::failed:
      return "pawl runs retry " + id + to.go;
    case run_status::completed:
    case run_status::cancelled:
      return "pawl runs history " + id + to.look;
  }
  return {};
}

std::string next_step(const run_view& run, const onward& to) {
  if (run.summary.status == run_status::failed && run.at.empty())
    return "pawl runs restart " + run.summary.key.id.str() + to.look;
  return next_step(run.summary, to);
}

std::vector<std::string> ways_to_wake(const run_view& run, const onward& to) {
  std::vector<std::string> ways;
  if (is_finished(run.summary.status) || !run.parked) return ways;
  for (const auto& each : run.waiting_on) {
    if (each.kind == "answer") {
      ways.push_back("pawl resume " + run.summary.key.id.str() + " --question " +
                     shell_word(each.name) + " --answer JSON" + to.go);
    }
    if (each.kind != "signal") continue;
    ways.push_back("pawl runs signal " + run.summary.key.id.str() + " " + shell_word(each.name) +
                   to.go);
  }
  return ways;
}

std::string moment_text(time_point t) {
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
         " more bytes; --json prints all";
}

void print_end(session& s, const run_view& run, const onward& to) {
  const run_summary& summary = run.summary;
  const style look = s.look();
  const bool good = summary.status == run_status::completed;
  const tint in = good                                   ? tint::green
                  : summary.status == run_status::failed ? tint::red
                                                         : tint::yellow;
  std::string status{run.parked && !is_finished(summary.status) ? "waiting"
                                                                : to_string(summary.status)};
  if (s.screen().live)
    status.insert(0, std::string{good ? look.sign("✔", "+") : look.sign("✖", "x")} + " ");
  output& out = s.out();
  out.line("");
  out.line(look.paint(in, status) + " in " + duration_text(duration_us(summary, run.updated_at)) +
           look.paint(tint::dim, "  run " + summary.key.id.str() + " of " +
                                     printable(to_string(summary.flow))));
  if (summary.error) {
    const run_error& e = *summary.error;
    out.line("error: " + printable(e.type) + (e.node.empty() ? "" : " at " + printable(e.node)) +
             (e.attempt > 1 ? ", attempt " + std::to_string(e.attempt) : ""));
    out.line("  " + printable_lines(e.message));
  }
  out.line(shortened(run.data));
  if (!to.kept) {
    out.line(look.paint(tint::dim,
                        "Kept in memory only; with --data-dir DIR runs are kept and survive "
                        "kill -9."));
  } else {
    const auto ways = ways_to_wake(run, to);
    for (const auto& way : ways) out.line(look.paint(tint::dim, "next: ") + way);
    if (ways.empty()) out.line(look.paint(tint::dim, "next: ") + next_step(run, to));
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
