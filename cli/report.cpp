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
  const std::string id = shell_word(run.key.id.str());
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
  if (only_restart)
    return "pawl runs restart " + shell_word(run.summary.key.id.str()) + hints.read_flags;
  return next_command(run.summary, hints);
}

std::vector<std::string> unblock_commands(const run_view& run, const command_hints& hints) {
  std::vector<std::string> commands;
  const auto add = [&](std::string command) {  // items of a map can wait for one signal
    if (std::find(commands.begin(), commands.end(), command) == commands.end())
      commands.push_back(std::move(command));
  };
  if (is_finished(run.summary.status)) return commands;
  const auto questions = std::count_if(run.waiting_on.begin(), run.waiting_on.end(),
                                       [](const auto& each) { return each.kind == "answer"; });
  const bool accepts_signals = run.summary.status == run_status::running && !run.pausing;
  for (const auto& each : run.waiting_on) {
    if (each.kind == "answer") {
      add("pawl resume " + shell_word(run.summary.key.id.str()) +
          (questions > 1 ? " --question " + shell_word(each.name) : std::string{}) +
          " --answer JSON" + hints.run_flags);
    } else if (each.kind == "signal" && accepts_signals) {
      add("pawl runs signal " + shell_word(run.summary.key.id.str()) + " " + shell_word(each.name) +
          hints.run_flags);
    }
  }
  return commands;
}

std::vector<std::string> unblock_commands(const run_family& family, const command_hints& hints) {
  std::vector<std::string> commands;
  for (std::size_t i = 0; i < family.size(); ++i) {
    const run_view& run = family[i].run;
    auto own = unblock_commands(run, hints);
    if (i > 0 && own.empty() && run.summary.status != run_status::running)
      own.push_back(next_command(run.summary, hints));
    commands.insert(commands.end(), own.begin(), own.end());
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

std::vector<std::string> wait_lines(const run_family& family, time_point now) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < family.size(); ++i) {
    const auto& [run, flow] = family[i];
    const std::string of = i == 0 ? "" : " of run " + printable(run.summary.key.id.str());
    if (i > 0 && run.summary.status != run_status::running && !has_question(run))
      lines.push_back("a command: run " + printable(run.summary.key.id.str()) + " is " +
                      std::string{to_string(run.summary.status)});
    for (const auto& each : run.waiting_on) {
      lines.push_back(wait_text(each, now) + of);
      if (each.kind != "answer") continue;
      lines.push_back("  " + printable_lines(shortened(each.question)));
      if (const json& schema = answer_schema(flow.get(), each.node); !schema.is_null())
        lines.push_back("  JSON Schema of the answer: " + one_line(schema));
    }
  }
  return lines;
}

std::string blocking_text(const run_family& family, time_point now) {
  std::string text;
  std::size_t others = 0;
  for (const auto& [run, flow] : family) {
    for (const auto& each : run.waiting_on) {
      if (each.kind != "answer" && each.kind != "signal") continue;
      if (text.empty()) {
        text = wait_text(each, now);
        if (&run != &family.front().run) text += " of run " + printable(run.summary.key.id.str());
      } else {
        ++others;
      }
    }
  }
  if (text.empty()) return "a command";
  return text + (others > 0 ? " and others" : "");
}

std::string state_text(run_status status) {
  if (status == run_status::failed) return "it has failed";
  return "it is " + std::string{to_string(status)};
}

exit_code report_damaged(session& s, const std::vector<std::string>& damaged) {
  exit_code code = exit_code::ok;
  for (const auto& each : damaged) code = s.fail(error{errc::corrupt, each});
  return code;
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

json to_json(const run_family& family) {
  json object = to_json(family.front().run);
  if (family.size() == 1) return object;
  json& subflows = object["waiting_subflows"] = json::array();
  for (std::size_t i = 1; i < family.size(); ++i) {
    json all = to_json(family[i].run);
    json& shown = subflows.emplace_back();
    for (const char* const key : {"id", "flow", "version", "status", "parked", "waiting_on"})
      shown[key] = std::move(all[key]);
  }
  return object;
}

namespace {

/// The lines that say how to go on.
void print_next(session& s, const run_family& family, const std::optional<run_id>& parent,
                const command_hints& hints) {
  const run_view& run = family.front().run;
  const text_style style = s.style();
  if (!hints.durable) {
    return s.out().line(style.paint(
        tint::dim, is_finished(run.summary.status)
                       ? "The run was in memory only. Use --data-dir DIR to store runs; they "
                         "survive kill -9."
                       : "The run was in memory only and is lost. Use --data-dir DIR to store "
                         "runs; a stored run can be continued."));
  }
  auto commands = unblock_commands(family, hints);
  if (commands.empty() && parent) {
    commands.push_back("pawl resume " + shell_word(parent->str()) + hints.run_flags);
  } else if (commands.empty()) {
    commands.push_back(next_command(run, family.front().flow.get(), hints));
  }
  for (const auto& command : commands) s.out().line(style.paint(tint::dim, "next: ") + command);
}

}  // namespace

void print_end(session& s, const run_family& family, const std::optional<run_id>& parent,
               const command_hints& hints) {
  const run_view& run = family.front().run;
  const run_summary& summary = run.summary;
  const text_style style = s.style();
  const ending how = ending_of(run, style);
  std::string status = how.status;
  if (s.screen().live) status.insert(0, std::string{how.sign} + " ");
  output& out = s.out();
  out.line("");
  out.line(style.paint(how.in, status) + " in " +
           duration_text(duration_us(summary, run.updated_at)) +
           style.paint(tint::dim, "  run " + printable(summary.key.id.str()) + " of " +
                                      printable(to_string(summary.flow))));
  out.line(shortened(run.output ? *run.output : run.data));
  if (!is_finished(summary.status))
    for (const auto& line : wait_lines(family, wall_clock()))
      out.line(line.starts_with(' ') ? line : "waiting for " + line);
  if (summary.error) {
    const run_error& e = *summary.error;
    out.line("error: " + printable(e.type) + (e.node.empty() ? "" : " at " + printable(e.node)) +
             (e.attempt > 1 ? ", attempt " + std::to_string(e.attempt) : ""));
    out.line("  " + printable_lines(e.message));
  }
  print_next(s, family, parent, hints);
  out.flush();
}

void print_end_json(session& s, const run_family& family) {
  const run_view& run = family.front().run;
  json object = to_json(family);
  object["event"] = "summary";
  object["run"] = run.summary.key.id.str();
  object["duration_us"] = duration_us(run.summary, run.updated_at);
  s.out().line(one_line(object));
  s.out().flush();
}

}  // namespace pawl::cli
