#include "cli/command_line.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

#include <pawl/suggest.hpp>
#include <pawl/version.hpp>

#include "cli/commands/commands.hpp"
#include "cli/help.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

void add_settings_options(CLI::App& app, settings_options& to) {
  app.add_option("--config", to.config_file, "TOML file with settings; see docs/configuration.md")
      ->type_name("FILE");
  app.add_option("--data-dir", to.data_dir, "Folder of the store; it is made where it is missing")
      ->type_name("DIR");
  app.add_option("--durability", to.durability,
                 "What survives: sync (loss of power), async (kill -9), off (an orderly stop)")
      ->type_name("sync|async|off");
  app.add_option("--set", to.set, "Any other setting; `pawl config` lists them. May be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--log-level", to.log_level, "Log lines on standard error, default warning")
      ->type_name("debug|info|warning|error");
}

/// Where a command works, if not in a data folder.
void add_server_options(CLI::App& app, settings_options& to) {
  app.add_option("--server", to.server,
                 "Work on this server, not a data folder; also PAWL_SERVER. With unix:/PATH by a "
                 "socket")
      ->type_name("URL");
  app.add_option("--token-file", to.token_file,
                 "File with the key that the server wants, in place of the variable PAWL_TOKEN")
      ->type_name("FILE");
  app.add_option("--ca-file", to.ca_file,
                 "Authorities to trust for https://, in place of the system's (PEM)")
      ->type_name("FILE");
  app.add_option("--scope", to.scope,
                 "Scope (tenant) to work in, default \"default\"; also PAWL_SCOPE")
      ->type_name("NAME");
}

/// The command that was reached before the mistake.
const CLI::App* deepest(const CLI::App* app) {
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

std::string unknown_word(const std::string& word, const CLI::App* at) {
  std::vector<std::string> known;
  for (const auto* sub : at->get_subcommands([](const CLI::App*) { return true; }))
    known.push_back(sub->get_name());
  if (known.empty()) return "unexpected argument " + printable(word);
  return "unknown command " + printable(word) + suggestion(word, known);
}

/// What was wrong with the command line, as a sentence.
std::string mistake(const CLI::App& app, const CLI::ParseError& failure) {
  const CLI::App* const at = deepest(&app);
  std::string text = printable(failure.what());
  // The first word that nobody knows is the likeliest cause, whatever was missed because of it.
  const auto unknown = app.remaining(true);
  if (!unknown.empty()) {
    const auto option = std::find_if(unknown.begin(), unknown.end(), [](const std::string& word) {
      return word.size() > 1 && word[0] == '-';
    });
    text =
        option != unknown.end() ? unknown_option(*option, at) : unknown_word(unknown.front(), at);
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

void add_allow_exec(CLI::App& to, command_line& line) {
  to.add_option("--allow-exec", line.settings.allow_exec,
                "Programs that core.exec may run, in place of those configured")
      ->type_name("PROG[,PROG]")
      ->allow_extra_args(false);
}

std::variant<command_line, command_line_end> parse_command_line(
    std::vector<std::string> arguments) {
  command_line line;
  CLI::App app{"Pawl runs workflows that never slip back: each step is a checkpoint on disk.",
               "pawl"};
  app.formatter(std::make_shared<help_formatter>());
  app.require_subcommand(0, 1);
  app.set_help_flag("-h,--help", "Print this help, or that of a command");
  app.set_version_flag("--version", "pawl " + std::string{library_version}, "Print the version");
  app.footer(
      "Examples:\n"
      "  pawl run backup.json --data-dir ./data --allow-exec tar,sha256sum\n"
      "  pawl resume --data-dir ./data\n"
      "  pawl runs ls --data-dir ./data --status failed\n\n" +
      exit_code_help());
  add_settings_options(app, line.settings);
  add_server_options(app, line.settings);
  add_run(app, line);
  add_resume(app, line);
  add_serve(app, line);
  add_validate(app, line);
  add_runs(app, line);
  add_flows(app, line);
  add_logic(app, line);
  add_events(app, line);
  add_workers(app, line);
  add_functions(app, line);
  add_keys(app, line);
  add_config(app, line);
  add_version(app, line);

  try {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return command_line_end{exit_code::ok, deepest(&app)->help()};
  } catch (const CLI::CallForVersion& asked) {
    return command_line_end{exit_code::ok, std::string{asked.what()} + "\n"};
  } catch (const CLI::ParseError& failure) {
    return command_line_end{exit_code::usage, mistake(app, failure)};
  }
  if (!line.command) {
    const CLI::App* const at = deepest(&app);
    return command_line_end{exit_code::usage, "a command is missing\n\n" + at->help()};
  }
  return line;
}

}  // namespace pawl::cli
