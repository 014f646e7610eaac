#include "cli/report.hpp"

#include <algorithm>

#include "cli/clock.hpp"
#include "cli/questions.hpp"
#include "cli/text.hpp"
#include "cli/view/signs.hpp"

namespace pawl::cli {
namespace {

/// Larger data is truncated.
constexpr std::size_t max_shown_bytes = 8'000;

/// How the state of a run when the command stops following it is shown.
struct ending {
  std::string status;
  std::string_view sign;
  tint in;
};

ending ending_of(const run_view& run, const text_style& style) {
  switch (run.summary.status) {
    case run_status::completed:
      return {"completed", signs::done(style), tint::green};
    case run_status::failed:
      return {"failed", signs::failed(style), tint::red};
    case run_status::cancelled:
      return {"cancelled", signs::failed(style), tint::yellow};
    case run_status::paused:
      if (!has_question(run)) return {"paused", signs::waiting(style), tint::yellow};
      break;
    case run_status::running:
      break;
  }
  return {"waiting", signs::waiting(style), tint::yellow};
}

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

bool failed_on_purpose(const run_view& run, const flow::definition* flow) {
  if (flow == nullptr || run.summary.status != run_status::failed || !run.summary.error)
    return false;
  return std::any_of(flow->nodes.begin(), flow->nodes.end(), [&](const auto& node) {
    return node.type == "fail" && node.id == run.summary.error->node;
  });
}

std::string next_command(const run_view& run, const flow::definition* flow,
                         const command_hints& hints) {
  const bool only_restart =
      run.summary.status == run_status::failed && (run.at.empty() || failed_on_purpose(run, flow));
  if (only_restart) return "pawl runs restart " + run.summary.key.id.str() + hints.read_flags;
  return next_command(run.summary, hints);
}

std::vector<std::string> unblock_commands(const run_view& run, const command_hints& hints) {
  std::vector<std::string> commands;
  if (is_finished(run.summary.status)) return commands;
  const auto questions = std::count_if(run.waiting_on.begin(), run.waiting_on.end(),
                                       [](const auto& each) { return each.kind == "answer"; });
  const bool accepts_signals = run.summary.status == run_status::running && !run.pausing;
  for (const auto& each : run.waiting_on) {
    if (each.kind == "answer") {
      commands.push_back("pawl resume " + run.summary.key.id.str() +
                         (questions > 1 ? " --question " + shell_word(each.name) : std::string{}) +
                         " --answer JSON" + hints.run_flags);
    } else if (each.kind == "signal" && accepts_signals) {
      commands.push_back("pawl runs signal " + run.summary.key.id.str() + " " +
                         shell_word(each.name) + hints.run_flags);
    }
  }
  return commands;
}

std::string wait_text(const waiting_on& wait, time_point now) {
  std::string text = wait.kind == "branches" ? "other branches" : wait.kind;
  if (!wait.name.empty()) text += " " + printable(wait.name);
  text += " at " + printable(wait.node);
  if (!wait.until) return text;
  text += ", until " + time_text(*wait.until);
  if (*wait.until > now) text += " (in " + duration_text((*wait.until - now).count()) + ")";
  return text;
}

std::vector<std::string> wait_lines(const run_view& run, const flow::definition* flow,
                                    time_point now) {
  std::vector<std::string> lines;
  for (const auto& each : run.waiting_on) {
    lines.push_back(wait_text(each, now));
    if (each.kind != "answer") continue;
    lines.push_back("  " + printable_lines(shortened(each.question)));
    if (const json& schema = answer_schema(flow, each.node); !schema.is_null())
      lines.push_back("  JSON Schema of the answer: " + one_line(schema));
  }
  return lines;
}

std::string state_text(run_status status) {
  if (status == run_status::failed) return "it has failed";
  return "it is " + std::string{to_string(status)};
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

void print_end(session& s, const run_view& run, const flow::definition* flow,
               const command_hints& hints) {
  const run_summary& summary = run.summary;
  const text_style style = s.style();
  const ending how = ending_of(run, style);
  std::string status = how.status;
  if (s.screen().live) status.insert(0, std::string{how.sign} + " ");
  output& out = s.out();
  out.line("");
  out.line(style.paint(how.in, status) + " in " +
           duration_text(duration_us(summary, run.updated_at)) +
           style.paint(tint::dim, "  run " + summary.key.id.str() + " of " +
                                      printable(to_string(summary.flow))));
  out.line(shortened(run.data));
  if (!is_finished(summary.status))
    for (const auto& line : wait_lines(run, flow, wall_clock()))
      out.line(line.starts_with(' ') ? line : "waiting for " + line);
  if (summary.error) {
    const run_error& e = *summary.error;
    out.line("error: " + printable(e.type) + (e.node.empty() ? "" : " at " + printable(e.node)) +
             (e.attempt > 1 ? ", attempt " + std::to_string(e.attempt) : ""));
    out.line("  " + printable_lines(e.message));
  }
  if (!hints.durable) {
    out.line(style.paint(
        tint::dim, is_finished(summary.status)
                       ? "The run was in memory only. Use --data-dir DIR to store runs; they "
                         "survive kill -9."
                       : "The run was in memory only and is lost. Use --data-dir DIR to store "
                         "runs; a stored run can be continued."));
  } else {
    const auto commands = unblock_commands(run, hints);
    for (const auto& command : commands) out.line(style.paint(tint::dim, "next: ") + command);
    if (commands.empty())
      out.line(style.paint(tint::dim, "next: ") + next_command(run, flow, hints));
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
