#include "cli/commands/commands.hpp"
#include "cli/read.hpp"

namespace pawl::cli {
namespace {

exit_code update(session& s, const std::string& id_text, const std::string& data,
                 const std::string& reason) {
  const auto id = parse_run_id(id_text);
  if (!id) return s.fail(id.error());
  const auto used = s.load_settings();
  if (!used) return s.fail(used.error());
  auto changes = read_json_argument(data, "DATA", used->values.run.max_state_bytes);
  if (!changes) return s.fail(changes.error());
  const auto opened = s.open_engine(store_use::existing);
  if (!opened) return s.fail(opened.error());
  exit_code code = exit_code::ok;
  const auto done = (*opened)->update(*id, *std::move(changes), {.reason = reason});
  if (!done) {
    code = s.fail(done.error());
  } else {
    s.out().line("The data of run " + id->str() + " is changed; it is " +
                 std::string{to_string(done->run.status)} + ".");
  }
  return s.close(**opened, code);
}

}  // namespace

void add_runs_update(CLI::App& to, command_line& line) {
  auto id = std::make_shared<std::string>();
  auto data = std::make_shared<std::string>();
  auto reason = std::make_shared<std::string>();
  auto* const cmd =
      add_command(to, "update", "Change the data of a paused or failed run, before it goes on.",
                  "Example:\n"
                  "  pawl runs update monday '{\"target\": \"/backup2\"}' --data-dir ./data\n\n"
                  "Top-level keys get the values given; the others stay.");
  cmd->add_option("ID", *id, "The run")->required();
  cmd->add_option("DATA", *data, "An object: JSON, @FILE, or - for standard input")->required();
  cmd->add_option("--reason", *reason, "Noted in the run's history")->type_name("TEXT");
  cmd->callback([&line, id, data, reason] {
    line.command = [id, data, reason](session& s) { return update(s, *id, *data, *reason); };
  });
}

}  // namespace pawl::cli
