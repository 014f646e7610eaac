#include <algorithm>

#include "cli/clock.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/run_selection.hpp"
#include "cli/follow_and_report.hpp"
#include "cli/questions.hpp"
#include "cli/read.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

struct resume_arguments {
  std::vector<std::string> ids;
  std::string answer;
  std::string question;
  std::string reason;
  bool json = false;
  bool verbose = false;
};

/// The IDs of all unfinished runs that are not paused, oldest first.
result<std::vector<run_id>> unfinished_runs(target& on) {
  return runs_with_status(on, run_status::running);
}

/// Number of paused runs: they wait for an answer or a command.
std::uint64_t paused_runs(target& on) {
  const auto counts = on.counts();
  if (!counts) return 0;
  for (const auto& each : *counts)
    if (each.status == run_status::paused) return each.count;
  return 0;
}

/// Prints that paused runs are left, and returns the exit code for that.
exit_code report_paused(session& s, std::uint64_t paused, bool as_json) {
  if (!as_json) {
    s.out().line(counted(paused, "run") + (paused == 1 ? " is" : " are") +
                 " paused. Use `pawl resume ID` to resume one.");
  }
  return exit_code::waiting;
}

/// True if the run is paused by its own question, not by a command.
result<bool> is_paused_by_question(target& on, const run_view& run) {
  if (run.summary.status != run_status::paused || !has_question(run)) return false;
  const auto history = on.history(run.summary.key.id);
  if (!history) return history.error();
  const auto paused = std::find_if(history->rbegin(), history->rend(),
                                   [](const auto& event) { return event.kind == "run_paused"; });
  return paused != history->rend() && paused->detail.value("why", "") == "interrupted";
}

/// The error for a run that only continues with an answer.
error missing_answer(const run_view& run, const command_hints& hints) {
  std::string text = "cannot resume run " + run.summary.key.id.str() + " without an answer";
  const time_point now = wall_clock();
  for (const auto& wait : run.waiting_on) {
    if (wait.kind != "answer") continue;
    text += "; it waits for " + wait_text(wait, now) + ": " + one_line(wait.question);
  }
  for (const auto& command : unblock_commands(run, hints)) text += "\nanswer with: " + command;
  return {errc::illegal_transition, std::move(text)};
}

/// Resumes a paused run and answers a question. Any other run continues once it is followed. A run
/// that only continues with an answer is left to the follower if that can ask on a terminal.
result<void> resume_one(target& on, const run_id& id, const resume_options& how, bool may_ask) {
  const auto run = on.get(id);
  if (!run) return run.error();
  if (run->summary.status == run_status::cancelled) {
    return error{errc::illegal_transition,
                 "cannot resume run " + id.str() + ": it is cancelled. Allowed: restart"};
  }
  const bool answers = how.answer.has_value();
  if (answers)
    if (const auto asks = check_asks(on, *run); !asks) return asks.error();
  if (run->summary.status != run_status::paused && !run->pausing && !answers) return {};
  if (!answers) {
    const auto asks = is_paused_by_question(on, *run);
    if (!asks) return asks.error();
    if (*asks) return may_ask ? result<void>{} : missing_answer(*run, on.hints());
  }
  const auto done = on.resume(id, how);
  return done ? result<void>{} : done.error();
}

result<resume_options> answer_of(const resume_arguments& given, const settings& used) {
  resume_options how;
  how.question = given.question;
  how.reason = given.reason;
  if (given.answer.empty()) {
    if (!given.question.empty())
      return error{errc::invalid_argument, "--question requires --answer"};
    return how;
  }
  if (given.ids.size() != 1)
    return error{errc::invalid_argument, "--answer requires exactly one run ID"};
  auto answer = read_json_argument(given.answer, "the answer", used.run.max_state_bytes * 2);
  if (!answer) return std::move(answer).error();
  how.answer = *std::move(answer);
  return how;
}

/// Resumes the given runs, or all unfinished runs if none is given, and follows them.
exit_code resume(session& s, const resume_arguments& given) {
  auto ids = parse_run_ids(given.ids);
  if (!ids) return s.fail(ids.error());
  const auto used = s.load_settings();
  if (!used) return s.fail(used.error());
  const auto answer = answer_of(given, used->values);
  if (!answer) return s.fail(answer.error());
  auto opened = s.open_target(store_use::existing);
  if (!opened) return s.fail(opened.error());
  target& open = **opened;
  // The paused runs count for a command that is about all unfinished runs.
  const auto paused = ids->empty() ? paused_runs(open) : 0;
  if (ids->empty()) ids = unfinished_runs(open);
  if (ids && ids->empty()) {
    if (paused > 0) return s.close(open, report_paused(s, paused, given.json));
    if (!given.json) s.out().line("Nothing to resume: all runs are finished.");
    return s.close(open, exit_code::ok);
  }
  auto runs = ids ? load_runs(open, *ids) : result<std::vector<followed_run>>{ids.error()};
  if (!runs) {
    const exit_code code = s.fail(runs.error());
    return s.close(open, code);
  }
  report_options how;
  how.json = given.json;
  how.verbose = given.verbose;
  const bool may_ask = ids->size() == 1 && !given.json && can_ask_on_terminal();
  how.begin = [&](const run_id& id) { return resume_one(open, id, *answer, may_ask); };
  const exit_code code = follow_and_report(s, open, *std::move(runs), how);
  return code == exit_code::ok && paused > 0 ? report_paused(s, paused, given.json) : code;
}

constexpr const char* resume_examples =
    "Examples:\n"
    "  pawl resume monday --data-dir ./data --allow-exec tar,sha256sum\n"
    "  pawl resume monday --answer '{\"approved\": true}' --data-dir ./data\n\n"
    "Resumes a paused run, continues a run that was interrupted by a crash or Ctrl-C,\n"
    "and answers a run's question. On a terminal, it asks for the answer that a run\n"
    "waits for. Finished steps do not run again.\n"
    "Where a loop asks again, name the question with --question: without it, an\n"
    "answer that comes late is taken for the next question.\n"
    "All unfinished runs: pawl recover. Failed runs: pawl runs retry.";

CLI::App* add_resume_command(CLI::App& to, command_line& line,
                             const std::shared_ptr<resume_arguments>& given) {
  auto* const cmd = add_command(to, "resume", "Resume paused or interrupted runs and follow them.",
                                resume_examples);
  cmd->add_option("--answer", given->answer, "Answer to the run's question: JSON, @FILE, or -")
      ->type_name("JSON")
      ->check(not_empty);
  cmd->add_option("--question", given->question,
                  "ID of the question, if the run asks several or asks again")
      ->type_name("ID")
      ->check(not_empty);
  cmd->add_option("--reason", given->reason,
                  "Reason to record in the history of runs that are paused or answered")
      ->type_name("TEXT");
  cmd->add_flag("--json", given->json, "Print one JSON object per event");
  add_verbose(*cmd, given->verbose);
  add_allow_exec(*cmd, line);
  return cmd;
}

}  // namespace

void add_resume(CLI::App& to, command_line& line) {
  auto given = std::make_shared<resume_arguments>();
  auto* const cmd = add_resume_command(to, line, given);
  cmd->add_option("ID", given->ids, "Run IDs");
  cmd->callback([&line, given] {
    line.command = [given](session& s) {
      if (given->ids.empty())
        s.print_message("`pawl resume` without an ID is now called `pawl recover`");
      return resume(s, *given);
    };
  });
}

void add_runs_resume(CLI::App& to, command_line& line) {
  auto given = std::make_shared<resume_arguments>();
  auto* const cmd = add_resume_command(to, line, given);
  cmd->add_option("ID", given->ids, "Run IDs")->required();
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return resume(s, *given); }; });
}

void add_recover(CLI::App& to, command_line& line) {
  auto given = std::make_shared<resume_arguments>();
  auto* const cmd =
      add_command(to, "recover", "Resume the unfinished runs in a data folder and follow them.",
                  "Example:\n"
                  "  pawl recover --data-dir ./data --allow-exec tar,sha256sum\n\n"
                  "Each run continues after its last finished step; finished steps do not run\n"
                  "again. Paused runs stay paused; if there are any, the exit code is 8. On a\n"
                  "server, runs continue by themselves; this command only follows them.");
  cmd->add_flag("--json", given->json, "Print one JSON object per event");
  add_verbose(*cmd, given->verbose);
  add_allow_exec(*cmd, line);
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return resume(s, *given); }; });
}

}  // namespace pawl::cli
