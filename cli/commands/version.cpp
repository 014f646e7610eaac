#include <pawl/version.hpp>

#include "cli/commands/commands.hpp"
#include "cli/text.hpp"

namespace pawl::cli {

void add_version(CLI::App& to, command_line& line) {
  auto as_json = std::make_shared<bool>(false);
  auto* const cmd =
      add_command(to, "version", "Print the version.", "Example:\n  pawl version --json");
  cmd->add_flag("--json", *as_json, "Print one JSON object");
  cmd->callback([&line, as_json] {
    line.command = [as_json](session& s) {
      s.out().line(*as_json ? one_line({{"version", library_version}})
                            : "pawl " + std::string{library_version});
      return exit_code::ok;
    };
  });
}

}  // namespace pawl::cli
