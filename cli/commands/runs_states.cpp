#include "cli/commands/runs_states.hpp"

#include <cstdint>
#include <memory>
#include <string>

#include "cli/commands/commands.hpp"
#include "cli/json_members.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

void print_object(session& s, const char* name, const json& value) {
  if (value.is_null() || (value.is_structured() && value.empty())) return;
  s.out().line(s.style().paint(tint::dim, name));
  s.out().line(shortened(value));
}

void print_state(session& s, const json& state, const std::string& id, const command_hints& hints) {
  const std::string checkpoint = member(state, "checkpoint").dump();
  s.out().line(s.style().paint(tint::dim, "run " + printable(id) + " at checkpoint " + checkpoint +
                                              ", " + printable(text_in(state, "at")) + ": ") +
               printable(text_in(state, "status")));
  for (const auto& place : member(state, "places")) {
    s.out().line("at " + printable(text_in(place, "node")) + ": " +
                 printable(text_in(place, "phase")) + ", visit " +
                 printable(member(place, "visit").dump()) + ", attempt " +
                 printable(member(place, "attempt").dump()));
    print_object(s, "  written by its branch", member(place, "writes"));
  }
  print_object(s, "error", member(state, "error"));
  print_object(s, "data", member(state, "data"));
  print_object(s, "output", member(state, "output"));
  print_object(s, "metadata", member(state, "metadata"));
  print_object(s, "inbox", member(state, "inbox"));
  s.out().line("");
  if (const auto why = text_in(state, "fork_refusal"); !why.empty())
    return s.out().line("No run can be forked from here: " + printable(why) + ".");
  s.out().line("To start a new run from here:\n  pawl runs fork " + shell_word(id) + " --at " +
               checkpoint + hints.read_flags);
}

void print_diff(session& s, const json& diff) {
  const text_style style = s.style();
  for (const auto& change : member(diff, "changes")) {
    const std::string path = printable(text_in(change, "path"));
    const std::string op = text_in(change, "op");
    if (op != "add")
      s.out().line(style.paint(tint::red, "- " + path + " " + one_line(member(change, "before"))));
    if (op != "remove")
      s.out().line(style.paint(tint::green, "+ " + path + " " + one_line(member(change, "value"))));
  }
  if (member(diff, "changes").empty()) s.out().line("The states are equal.");
  if (flag_in(diff, "left_out")) s.out().line("There are more changes, which are left out.");
}

struct diff_arguments {
  std::string run;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  bool as_json = false;
};

exit_code diff(session& s, const diff_arguments& given) {
  const auto id = parse_run_id(given.run);
  if (!id) return s.fail(id.error());
  const auto opened = s.open_target(store_use::read);
  if (!opened) return s.fail(opened.error());
  const auto found = (*opened)->diff(*id, given.from, given.to);
  if (!found) return s.close(**opened, s.fail(found.error()));
  if (given.as_json) {
    s.out().line(one_line(*found));
  } else {
    print_diff(s, *found);
  }
  return s.close(**opened, exit_code::ok);
}

}  // namespace

exit_code show_state_at(session& s, target& open, const run_id& id, std::uint64_t checkpoint,
                        bool as_json) {
  const auto state = open.state_at(id, checkpoint);
  if (!state) return s.fail(state.error());
  if (as_json) {
    s.out().line(one_line(*state));
  } else {
    print_state(s, *state, id.str(), open.hints());
  }
  return exit_code::ok;
}

void add_runs_diff(CLI::App& to, command_line& line) {
  auto given = std::make_shared<diff_arguments>();
  auto* const cmd = add_command(to, "diff", "Compare the states of a run at two checkpoints.",
                                "Example:\n  pawl runs diff monday 3 7 --data-dir ./data");
  cmd->add_option("ID", given->run, "Run ID")->required();
  cmd->add_option("FROM", given->from, "Number of a checkpoint, from 1")
      ->required()
      ->check(positive_number);
  cmd->add_option("TO", given->to, "Number of another checkpoint; default: the last one")
      ->check(positive_number);
  cmd->add_flag("--json", given->as_json, "Print one JSON object");
  cmd->callback([&line, given] { line.command = [given](session& s) { return diff(s, *given); }; });
}

}  // namespace pawl::cli
