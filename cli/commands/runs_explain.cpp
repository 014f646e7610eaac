#include <string>

#include <pawl/time.hpp>

#include "cli/clock.hpp"
#include "cli/commands/commands.hpp"
#include "cli/json_members.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

std::optional<time_point> time_in(const json& object, const char* key) {
  const auto time = parse_rfc3339(text_in(object, key));
  return time ? std::optional{*time} : std::nullopt;
}

/// "since 2026-01-31 09:30:00Z (3m 05s), until 2026-02-01 09:30:00Z (in 2h 07m)", or "".
std::string times_text(const json& reason, time_point now) {
  std::string text;
  if (const auto since = time_in(reason, "since")) {
    text = "since " + time_text(*since);
    if (*since < now) text += " (" + duration_text((now - *since).count()) + ")";
  }
  if (const auto until = time_in(reason, "until")) {
    text += (text.empty() ? "until " : ", until ") + time_text(*until);
    text += *until > now ? " (in " + duration_text((*until - now).count()) + ")" : " (due)";
  }
  return text;
}

/// The command of this program that moves the run.
std::string command_text(const std::string& id, const json& command, const command_hints& hints) {
  const std::string what = text_in(command, "command");
  const std::string name = shell_word(text_in(command, "name"));
  const std::string run = shell_word(id);
  if (what == "signal") return "pawl runs signal " + run + " " + name + hints.run_flags;
  if (what == "answer")
    return "pawl resume " + run + " --question " + name + " --answer JSON" + hints.run_flags;
  if (what == "resume") return "pawl resume " + run + hints.run_flags;
  if (what == "skip") return "pawl runs skip " + run + " --node " + name + hints.run_flags;
  return "pawl runs " + printable(what) + " " + run + hints.run_flags;
}

void print_reason(session& s, const std::string& id, const json& reason,
                  const command_hints& hints) {
  const text_style style = s.style();
  s.out().line(printable_lines(text_in(reason, "text")));
  if (const auto times = times_text(reason, wall_clock()); !times.empty())
    s.out().line(style.paint(tint::dim, "  " + times));
  if (const json& question = member(member(reason, "detail"), "question"); !question.is_null())
    s.out().line("  " + printable_lines(shortened(question)));
  for (const auto& command : member(reason, "commands"))
    s.out().line("  " + command_text(id, command, hints));
}

/// Whether the engine moves a run by itself: in a data folder, once a command waits for the run.
bool goes_on_by_itself(const json& reasons) {
  for (const auto& each : reasons) {
    const std::string mover = text_in(each, "mover");
    const bool moves =
        mover == "engine" || mover == "function" || mover == "time" || mover == "run";
    if (moves && !flag_in(each, "held")) return true;
  }
  return false;
}

void print_run(session& s, const json& of, const command_hints& hints) {
  const text_style style = s.style();
  const json& run = member(of, "run");
  const std::string id = text_in(run, "id");
  std::string state = text_in(run, "status");
  if (flag_in(of, "pausing")) state = "pausing";
  if (flag_in(of, "undoing")) state += ", compensating its steps";
  s.out().line(style.paint(tint::dim, "run " + printable(id) + " of " +
                                          printable(text_in(run, "flow")) + "@" +
                                          printable(text_in(run, "version")) + ": ") +
               state);
  for (const auto& reason : member(of, "reasons")) print_reason(s, id, reason, hints);
  if (const json& left = member(of, "left_out"); left.is_number_unsigned() && left > 0)
    s.out().line("and " + counted(left.get<std::size_t>(), "more wait"));
  for (const auto& [type, count] : member(of, "kept_signals").items()) {
    s.out().line("Kept, not claimed by a node: " + printable(count.dump()) + " of signal " +
                 printable(type) + ".");
  }
  if (!hints.remote && goes_on_by_itself(member(of, "reasons")))
    s.out().line("To continue it: pawl resume " + shell_word(id) + hints.run_flags);
}

exit_code explain(session& s, const std::string& id_text, bool as_json) {
  const auto id = parse_run_id(id_text);
  if (!id) return s.fail(id.error());
  const auto opened = s.open_target(store_use::read);
  if (!opened) return s.fail(opened.error());
  target& open = **opened;
  const auto explained = open.explain(*id);
  if (!explained) return s.close(open, s.fail(explained.error()));
  if (as_json) {
    s.out().line(one_line(*explained));
    return s.close(open, exit_code::ok);
  }
  print_run(s, *explained, open.hints());
  for (const auto& subflow : member(*explained, "subflows")) {
    s.out().line("");
    print_run(s, subflow, open.hints());
  }
  if (flag_in(*explained, "subflows_left_out"))
    s.out().line("It waits for more subflows, which are left out.");
  return s.close(open, exit_code::ok);
}

}  // namespace

void add_runs_explain(CLI::App& to, command_line& line) {
  auto id = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  auto* const cmd =
      add_command(to, "explain", "Explain why a run does not move, and who can move it.",
                  "Example:\n  pawl runs explain monday --data-dir ./data");
  cmd->add_option("ID", *id, "Run ID")->required();
  cmd->add_flag("--json", *as_json, "Print one JSON object");
  cmd->callback([&line, id, as_json] {
    line.command = [id, as_json](session& s) { return explain(s, *id, *as_json); };
  });
}

}  // namespace pawl::cli
