#include <algorithm>

#include "cli/commands/commands.hpp"
#include "cli/text.hpp"
#include "functions/secrets/load.hpp"

namespace pawl::cli {
namespace {

exit_code print_secrets(session& s, bool as_json) {
  const auto loaded = s.load_settings();
  if (!loaded) return s.fail(loaded.error());
  const auto found = functions::list_secrets(loaded->values.secrets);
  if (!found) return s.fail(found.error());
  std::size_t scopes = 0, names = 0;
  for (const auto& each : *found) {
    scopes = std::max(scopes, each.scope.size());
    names = std::max(names, each.name.size());
  }
  for (const auto& each : *found) {
    s.out().line(
        as_json
            ? one_line(json{{"scope", each.scope}, {"name", each.name}, {"source", each.setting}})
            : pad(each.scope, scopes) + "  " + s.style().paint(tint::bold, pad(each.name, names)) +
                  "  " + each.setting);
  }
  if (found->empty() && !as_json)
    s.print_message("there are no secrets; docs/configuration.md describes secrets.file");
  return exit_code::ok;
}

}  // namespace

void add_secrets(CLI::App& to, command_line& line) {
  auto* const group =
      add_command(to, "secrets", "Show which secrets flows can use.",
                  "Secrets come from secrets.file, secrets.command and secrets.env, which\n"
                  "docs/configuration.md describes. A running server reads them again on SIGHUP.");
  auto as_json = std::make_shared<bool>(false);
  auto* const cmd =
      add_command(*group, "ls", "List the names of the secrets of all scopes, never the secrets.",
                  "Examples:\n"
                  "  pawl secrets ls --set secrets.file=./secrets.json\n"
                  "  PAWL_SECRETS_ENV=API_TOKEN pawl secrets ls --json\n\n"
                  "Reads the sources as `pawl serve` does at start, so it also checks them.\n"
                  "A flow uses a secret as {\"secret\": \"NAME\"} or \"{{NAME | secret}}\".");
  cmd->add_flag("--json", *as_json, "Print one JSON object per secret");
  cmd->callback([&line, as_json] {
    line.command = [as_json](session& s) { return print_secrets(s, *as_json); };
  });
}

}  // namespace pawl::cli
