#include "cli/commands/commands.hpp"
#include "cli/commands/run_selection.hpp"
#include "cli/report.hpp"

namespace pawl::cli {
namespace {

struct skip_options {
  std::string run, node, reason;
};

exit_code skip(session& s, const skip_options& given) {
  return apply_to_run(s, given.run, [&](target& on, const run_id& id) -> result<action_outcome> {
    const auto done = on.skip(id, given.node, {.reason = given.reason});
    if (!done) return done.error();
    return action_outcome{"Skipped the compensation of node " + given.node + " of run " + id.str() +
                          ".\nnext: " + next_command(done->run, on.hints())};
  });
}

}  // namespace

void add_runs_skip(CLI::App& to, command_line& line) {
  auto given = std::make_shared<skip_options>();
  auto* const cmd = add_command(
      to, "skip", "Skip a compensation that cannot succeed, and compensate the earlier steps.",
      "Example:\n"
      "  pawl runs skip monday --node refund --reason 'by hand' --data-dir ./data");
  cmd->add_option("ID", given->run, "Run ID")->required();
  cmd->add_option("--node", given->node, "Node whose compensation the run is at")
      ->required()
      ->type_name("NODE");
  cmd->add_option("--reason", given->reason, "Reason to record in the history")->type_name("TEXT");
  add_allow_exec(*cmd, line);
  cmd->callback([&line, given] { line.command = [given](session& s) { return skip(s, *given); }; });
}

}  // namespace pawl::cli
