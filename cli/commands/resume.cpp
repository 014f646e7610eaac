#include "cli/commands/commands.hpp"
#include "cli/commands/run_selection.hpp"
#include "cli/follow_and_report.hpp"
#include "cli/read.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

struct resume_arguments {
  std::vector<std::string> ids;
  std::string answer;
  std::string question;
  bool json = false;
};

/// The IDs of all unfinished runs that are not paused, oldest first.
result<std::vector<run_id>> unfinished_runs(target& on) {
  return runs_with_status(on, run_status::running);
}

/// Why there is no run to resume.
std::string why_none(target& on) {
  const auto paused = runs_with_status(on, run_status::paused);
  if (!paused || paused->empty()) return "all runs are finished.";
  return counted(paused->size(), "run") + (paused->size() == 1 ? " is" : " are") +
         " paused. Use `pawl resume ID` to resume one.";
}

/// Resumes a paused run and answers a question. Any other run continues once it is followed.
result<void> resume_one(target& on, const run_id& id, const resume_options& how) {
  const auto run = on.get(id);
  if (!run) return run.error();
  const bool answers = how.answer || !how.question.empty();
  if (run->summary.status != run_status::paused && !run->pausing && !answers) return {};
  const auto done = on.resume(id, how);
  return done ? result<void>{} : done.error();
}

result<resume_options> answer_of(const resume_arguments& given, const settings& used) {
  resume_options how;
  how.question = given.question;
  if (given.answer.empty()) return how;
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
  if (ids->empty()) ids = unfinished_runs(open);
  if (ids && ids->empty()) {
    if (!given.json) s.out().line("Nothing to resume: " + why_none(open));
    return s.close(open, exit_code::ok);
  }
  auto runs = ids ? load_runs(open, *ids) : result<std::vector<followed_run>>{ids.error()};
  if (!runs) {
    const exit_code code = s.fail(runs.error());
    return s.close(open, code);
  }
  report_options how;
  how.json = given.json;
  how.begin = [&]() -> result<void> {
    for (const auto& id : *ids)
      if (auto resumed = resume_one(open, id, *answer); !resumed) return resumed;
    return {};
  };
  return follow_and_report(s, open, *std::move(runs), how);
}

constexpr const char* resume_examples =
    "Examples:\n"
    "  pawl resume monday --data-dir ./data --allow-exec tar,sha256sum\n"
    "  pawl resume monday --answer '{\"approved\": true}' --data-dir ./data\n\n"
    "Resumes a paused run, continues a run that was interrupted by a crash or Ctrl-C,\n"
    "and answers a run's question. Finished steps do not run again.\n"
    "All unfinished runs: pawl recover. Failed runs: pawl runs retry.";

CLI::App* add_resume_command(CLI::App& to, command_line& line,
                             const std::shared_ptr<resume_arguments>& given) {
  auto* const cmd = add_command(to, "resume", "Resume paused or interrupted runs and follow them.",
                                resume_examples);
  cmd->add_option("--answer", given->answer, "Answer to the run's question: JSON, @FILE, or -")
      ->type_name("JSON");
  cmd->add_option("--question", given->question, "ID of the question, if the run asks several")
      ->type_name("ID");
  cmd->add_flag("--json", given->json, "Print one JSON object per event");
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
                  "again. Paused runs stay paused. On a server, runs continue by themselves; this\n"
                  "command only follows them.");
  cmd->add_flag("--json", given->json, "Print one JSON object per event");
  add_allow_exec(*cmd, line);
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return resume(s, *given); }; });
}

}  // namespace pawl::cli
