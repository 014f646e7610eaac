#include "cli/command_line.hpp"

#include <algorithm>
#include <utility>

#include <CLI/CLI.hpp>

#include <pawl/suggest.hpp>
#include <pawl/version.hpp>

#include "cli/commands/commands.hpp"
#include "cli/help.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

void add_settings_options(CLI::App& app, settings_options& to) {
  app.add_option("--config", to.config_file, "Configuration file (TOML)")->type_name("FILE");
  app.add_option("--data-dir", to.data_dir, "Data folder")->type_name("DIR");
  app.add_option(
         "--durability", to.durability,
         "What stored data survives: sync a power loss, async kill -9, off only an orderly stop")
      ->type_name("sync|async|off");
  app.add_option("--set", to.set, "Any setting of `pawl config`; repeatable")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--log-level", to.log_level,
                 "debug, info, warning or error; default: warning, of serve: info")
      ->type_name("LEVEL");
}

/// The options that select a server in place of a data folder.
void add_server_options(CLI::App& app, settings_options& to) {
  app.add_option("--server", to.server,
                 "Server in place of a data folder: http://, https:// or unix:/PATH; or set "
                 "PAWL_SERVER")
      ->type_name("URL");
  app.add_option("--token-file", to.token_file, "File with the API key; or set PAWL_TOKEN")
      ->type_name("FILE");
  app.add_option("--ca-file", to.ca_file, "Trusted CA certificates (PEM) for https://")
      ->type_name("FILE");
  app.add_option("--scope", to.scope, "Scope (namespace, tenant); or set PAWL_SCOPE")
      ->type_name("NAME");
}

/// The innermost subcommand on the command line.
const CLI::App* selected_command(const CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
}

std::string path_of(const CLI::App* app) {
  std::string path = app->get_name();
  for (const auto* up = app->get_parent(); up != nullptr; up = up->get_parent())
    path = up->get_name() + " " + path;
  return path;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  const auto meant = nearest(word, views);
  return meant ? "; did you mean " + std::string{*meant} + "?" : "";
}

std::string unknown_option(const std::string& given, const CLI::App* at) {
  const std::string word = given.substr(0, given.find('='));
  std::vector<std::string> known;
  for (const auto* app = at; app != nullptr; app = app->get_parent())
    for (const auto* option : app->get_options())
      for (const auto& name : option->get_lnames()) known.push_back("--" + name);
  return "unknown option " + printable(word) + suggestion(word, known);
}

std::string unknown_command(const std::string& word, const CLI::App* at) {
  std::vector<std::string> known;
  for (const auto* sub : at->get_subcommands([](const CLI::App*) { return true; })) {
    known.push_back(sub->get_name());
    const auto& aliases = sub->get_aliases();
    known.insert(known.end(), aliases.begin(), aliases.end());
  }
  if (known.empty()) return "unexpected argument " + printable(word);
  return "unknown command " + printable(word) + suggestion(word, known);
}

/// Why a command does not use a server; empty for the others.
std::string_view why_local(std::string_view command) {
  constexpr std::pair<std::string_view, std::string_view> local[] = {
      {"serve", "it is the server; --listen sets its address"},
      {"config", "it prints the settings of this program; a server has its own"},
      {"logic", "it evaluates rules itself"},
      {"version", "it prints the version of this program"},
      {"store", "it reads the files of a data folder; stop the server first"},
      {"keys", "it changes the file with the keys, on the machine of the server"},
      {"secrets", "it reads the sources of the secrets on this machine"},
      {"dev", "it is a server; --port sets its port"},
      {"init", "it writes files"},
      {"schema", "it prints the schema of this program; a server has it at /v1/schema/flow.json"},
  };
  for (const auto& [name, why] : local)
    if (name == command) return why;
  return {};
}

/// Refuses `--server` and its companions for a command that would ignore them.
std::optional<std::string> server_refused(const CLI::App& app, const settings_options& given) {
  const char* const option = given.server       ? "--server"
                             : given.token_file ? "--token-file"
                             : given.ca_file    ? "--ca-file"
                                                : nullptr;
  if (option == nullptr || app.get_subcommands().empty()) return std::nullopt;
  const std::string command = app.get_subcommands().front()->get_name();
  const auto why = why_local(command);
  if (why.empty()) return std::nullopt;
  return "`pawl " + command + "` does not take " + option + ": " + std::string{why};
}

/// `pawl help runs show` is `pawl runs show --help`.
void replace_help_command(std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front() != "help") return;
  arguments.erase(arguments.begin());
  if (std::find(arguments.begin(), arguments.end(), "--help") == arguments.end())
    arguments.emplace_back("--help");
}

/// The text for an invalid command line.
std::string usage_error(const CLI::App& app, const CLI::ParseError& failure) {
  const CLI::App* const at = selected_command(&app);
  std::string text = printable(failure.what());
  // An unknown word is a more likely cause than the missing argument that CLI11 may report.
  const auto unknown = app.remaining(true);
  if (!unknown.empty()) {
    const auto option = std::find_if(unknown.begin(), unknown.end(), [](const std::string& word) {
      return word.size() > 1 && word[0] == '-';
    });
    text = option != unknown.end() ? unknown_option(*option, at)
                                   : unknown_command(unknown.front(), at);
  }
  return text + "\nSee `" + path_of(at) + " --help`.";
}

}  // namespace

CLI::App* add_command(CLI::App& to, const std::string& name, const std::string& description,
                      const std::string& examples) {
  auto* const added = to.add_subcommand(name, description);
  added->fallthrough();
  added->require_subcommand(0, 1);
  if (!examples.empty()) added->footer(examples);
  return added;
}

std::string not_empty(const std::string& value) {
  return value.empty() ? "must not be empty" : "";
}

std::string positive_number(const std::string& value) {
  constexpr std::size_t max_digits = 18;  // always fits
  const bool is_number = !value.empty() && value.size() <= max_digits &&
                         value.find_first_not_of("0123456789") == value.npos;
  return is_number && value.find_first_not_of('0') != value.npos ? ""
                                                                 : "must be a whole number from 1";
}

void add_verbose(CLI::App& to, bool& verbose) {
  to.add_flag("--verbose", verbose, "Print a line for each run and event, also with many runs");
}

void add_allow_exec(CLI::App& to, command_line& line) {
  to.add_option("--allow-exec", line.settings.allow_exec,
                "Programs that core.exec may run, in place of the setting exec.allow")
      ->type_name("PROG[,PROG]")
      ->allow_extra_args(false);
}

std::variant<command_line, command_line_end> parse_command_line(
    std::vector<std::string> arguments) {
  command_line line;
  CLI::App app{
      "Durable workflow engine: every step is checkpointed, so runs resume where they stopped.",
      "pawl"};
  app.formatter(std::make_shared<help_formatter>());
  app.require_subcommand(0, 1);
  app.set_help_flag("-h,--help", "Print help");
  app.set_version_flag("--version", "pawl " + std::string{library_version}, "Print the version");
  app.footer(
      "Examples:\n"
      "  pawl run backup.json --data-dir ./data --allow-exec tar,sha256sum\n"
      "  pawl recover --data-dir ./data\n"
      "  pawl runs ls --data-dir ./data --status failed\n\n" +
      exit_code_help());
  add_settings_options(app, line.settings);
  add_server_options(app, line.settings);
  add_run(app, line);
  add_resume(app, line);
  add_recover(app, line);
  add_serve(app, line);
  add_dev(app, line);
  add_init(app, line);
  add_validate(app, line);
  add_fmt(app, line);
  add_schema(app, line);
  add_runs(app, line);
  add_jobs(app, line);
  add_flows(app, line);
  add_blobs(app, line);
  add_logic(app, line);
  add_events(app, line);
  add_cluster(app, line);
  add_workers(app, line);
  add_functions(app, line);
  add_keys(app, line);
  add_secrets(app, line);
  add_gc(app, line);
  add_backup(app, line);
  add_import(app, line);
  add_stats(app, line);
  add_store(app, line);
  add_config(app, line);
  add_bench(app, line);
  add_version(app, line);

  replace_help_command(arguments);
  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them last first
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp& asked) {
    if (!app.remaining(true).empty())
      return command_line_end{exit_code::usage, usage_error(app, asked)};
    return command_line_end{exit_code::ok, selected_command(&app)->help()};
  } catch (const CLI::CallForVersion& asked) {
    return command_line_end{exit_code::ok, std::string{asked.what()} + "\n"};
  } catch (const CLI::ParseError& failure) {
    return command_line_end{exit_code::usage, usage_error(app, failure)};
  }
  if (!line.command) {
    const CLI::App* const at = selected_command(&app);
    return command_line_end{exit_code::usage, "missing command\n\n" + at->help()};
  }
  if (const auto refused = server_refused(app, line.settings))
    return command_line_end{exit_code::usage, *refused};
  return line;
}

}  // namespace pawl::cli
