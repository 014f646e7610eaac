#include <algorithm>

#include "cli/commands/commands.hpp"
#include "cli/text.hpp"
#include "server/views.hpp"

namespace pawl::cli {
namespace {

exit_code list_functions(session& s, bool as_json) {
  const auto loaded = s.load_settings();
  if (!loaded) return s.fail(loaded.error());
  const auto functions = s.available_functions(loaded->values);
  if (!functions) return s.fail(functions.error());
  std::size_t width = 0;
  for (const auto& f : *functions) width = std::max(width, display_width(printable(f.code_ref)));
  for (const auto& f : *functions) {
    if (as_json) {
      s.out().line(one_line(server::to_json(f)));
    } else {
      s.out().line(s.style().paint(tint::bold, pad(printable(f.code_ref), width)) + "  " +
                   printable(f.options.description));
    }
  }
  return exit_code::ok;
}

}  // namespace

void add_functions(CLI::App& to, command_line& line) {
  auto as_json = std::make_shared<bool>(false);
  auto* const cmd = add_command(to, "functions", "List the functions a task can call (code_ref).",
                                "Example:\n  pawl functions --json");
  cmd->add_flag("--json", *as_json, "Print one JSON object per function");
  cmd->callback([&line, as_json] {
    line.command = [as_json](session& s) { return list_functions(s, *as_json); };
  });
}

}  // namespace pawl::cli
