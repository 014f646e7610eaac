#include "cli/commands/commands.hpp"
#include "cli/text.hpp"
#include "config/render.hpp"

namespace pawl::cli {

void add_config(CLI::App& to, command_line& line) {
  auto as_json = std::make_shared<bool>(false);
  auto* const cmd = add_command(
      to, "config", "Print the effective settings and the source of each.",
      "Examples:\n"
      "  pawl config --config pawl.toml\n"
      "  PAWL_RUN_MAX_STATE_BYTES=2MiB pawl config --set log.level=debug --json\n\n"
      "Sources, in ascending priority: defaults, configuration file, PAWL_* variables,\n"
      "options. The output is a valid configuration file. docs/configuration.md\n"
      "describes every setting.");
  cmd->add_flag("--json", *as_json, "Print one JSON object");
  cmd->callback([&line, as_json] {
    line.command = [as_json](session& s) {
      const auto loaded = s.load_settings();
      if (!loaded) return s.fail(loaded.error());
      s.out().write(*as_json ? one_line(config::to_json(*loaded)) + "\n"
                             : printable_lines(config::to_toml(*loaded)));
      return exit_code::ok;
    };
  });
}

}  // namespace pawl::cli
