#include <algorithm>

#include "cli/commands/commands.hpp"
#include "cli/text.hpp"
#include "functions/secrets/load.hpp"

namespace pawl::cli {
namespace {

struct listed_secret {
  std::string scope;
  std::string name;
  std::string source;  ///< the setting that names it
};

/// The names of all secrets. Reads each source alone, and all together, which finds doubles.
result<std::vector<listed_secret>> names_of_secrets(const secret_settings& from) {
  if (auto all = functions::load_secrets(from); !all) return std::move(all).error();
  const std::pair<const char*, secret_settings> sources[] = {
      {"secrets.file", {from.file, {}, {}}},
      {"secrets.command", {{}, from.command, {}}},
      {"secrets.env", {{}, {}, from.env}}};
  std::vector<listed_secret> found;
  for (const auto& [name_of_source, source] : sources) {
    const auto loaded = functions::load_secrets(source);
    if (!loaded) return loaded.error();
    for (const auto& [scope, by_name] : *loaded)
      for (const auto& [name, secret] : by_name) found.push_back({scope, name, name_of_source});
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::tie(a.scope, a.name) < std::tie(b.scope, b.name);
  });
  return found;
}

exit_code list_secrets(session& s, bool as_json) {
  const auto loaded = s.load_settings();
  if (!loaded) return s.fail(loaded.error());
  const auto found = names_of_secrets(loaded->values.secrets);
  if (!found) return s.fail(found.error());
  std::size_t scopes = 0, names = 0;
  for (const auto& each : *found) {
    scopes = std::max(scopes, each.scope.size());
    names = std::max(names, each.name.size());
  }
  for (const auto& each : *found) {
    s.out().line(
        as_json
            ? one_line(json{{"scope", each.scope}, {"name", each.name}, {"source", each.source}})
            : pad(each.scope, scopes) + "  " + s.style().paint(tint::bold, pad(each.name, names)) +
                  "  " + each.source);
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
    line.command = [as_json](session& s) { return list_secrets(s, *as_json); };
  });
}

}  // namespace pawl::cli
