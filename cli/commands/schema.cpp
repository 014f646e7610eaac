#include "cli/commands/commands.hpp"
#include "flow/definition/flow_schema.hpp"

namespace pawl::cli {

void add_schema(CLI::App& to, command_line& line) {
  auto* const cmd = add_command(
      to, "schema", "Print the JSON Schema of flow definitions, for editors.",
      "Example:\n"
      "  pawl schema > flow.schema.json\n\n"
      "With \"$schema\": \"./flow.schema.json\" in a flow file, editors complete and check\n"
      "it while you write. `pawl validate` checks more: links, rules and the graph.");
  cmd->callback([&line] {
    line.command = [](session& s) {
      s.out().write(flow::flow_schema());
      return exit_code::ok;
    };
  });
}

}  // namespace pawl::cli
