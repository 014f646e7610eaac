#include "cli/commands/commands.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

exit_code cancel(session& s, const std::string& id_text, const std::string& reason) {
  const auto id = parse_run_id(id_text);
  if (!id) return s.fail(id.error());
  const auto opened = s.open_engine(store_use::existing);
  if (!opened) return s.fail(opened.error());
  command_options options;
  options.reason = reason;
  exit_code code = exit_code::ok;
  if (const auto done = (*opened)->cancel(*id, options); !done) {
    code = s.fail(done.error());
  } else {
    s.out().line("Run " + id->str() + " is cancelled; it was " +
                 std::string{to_string(done->before)} + ".");
  }
  return s.close(**opened, code);
}

}  // namespace

void add_runs_cancel(CLI::App& to, command_line& line) {
  auto id = std::make_shared<std::string>();
  auto reason = std::make_shared<std::string>();
  auto* const cmd =
      add_command(to, "cancel", "End a run that is not finished, for good.",
                  "Example:\n"
                  "  pawl runs cancel monday --reason 'wrong disk' --data-dir ./data");
  cmd->add_option("ID", *id, "The run")->required();
  cmd->add_option("--reason", *reason, "Noted in the run's history")->type_name("TEXT");
  cmd->callback([&line, id, reason] {
    line.command = [id, reason](session& s) { return cancel(s, *id, *reason); };
  });
}

}  // namespace pawl::cli
