#include "cli/commands/commands.hpp"
#include "cli/commands/run_selection.hpp"
#include "cli/questions.hpp"
#include "cli/read.hpp"
#include "cli/report.hpp"

namespace pawl::cli {
namespace {

struct answer_arguments {
  std::string run, answer, question, reason;
};

exit_code give_answer(session& s, const answer_arguments& given) {
  const auto used = s.load_settings();
  if (!used) return s.fail(used.error());
  const auto answer =
      read_json_argument(given.answer, "the answer", used->values.run.max_state_bytes * 2);
  if (!answer) return s.fail(answer.error());
  return apply_to_run(s, given.run, [&](target& on, const run_id& id) -> result<action_outcome> {
    const auto run = on.get(id);
    if (!run) return run.error();
    if (const auto asks = check_asks(on, *run); !asks) return asks.error();
    pawl::resume_options how;
    how.reason = given.reason;
    how.answer = *answer;
    how.question = given.question;
    const auto done = on.resume(id, how);
    if (!done) return done.error();
    return action_outcome{"Sent the answer to run " + id.str() +
                          ".\nnext: " + next_command(done->run, on.hints())};
  });
}

}  // namespace

void add_runs_answer(CLI::App& to, command_line& line) {
  auto given = std::make_shared<answer_arguments>();
  auto* const cmd = add_command(
      to, "answer", "Answer a run's question (approval, human task).",
      "Example:\n"
      "  pawl runs answer monday '{\"approved\": true}' --server http://127.0.0.1:7717\n\n"
      "`pawl runs show ID` prints the question. `pawl resume ID --answer JSON` answers\n"
      "it and follows the run.");
  cmd->add_option("ID", given->run, "Run ID")->required();
  cmd->add_option("ANSWER", given->answer, "JSON, @FILE, or - for standard input")->required();
  cmd->add_option("--question", given->question,
                  "ID of the question, if the run asks several or asks again")
      ->type_name("ID")
      ->check(not_empty);
  cmd->add_option("--reason", given->reason, "Reason to record in the history")->type_name("TEXT");
  add_allow_exec(*cmd, line);
  cmd->callback(
      [&line, given] { line.command = [given](session& s) { return give_answer(s, *given); }; });
}

}  // namespace pawl::cli
