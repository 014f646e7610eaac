#include <utility>

#include "cli/commands/commands.hpp"
#include "cli/serving.hpp"

namespace pawl::cli {
namespace {

exit_code serve(session& s) {
  auto loaded = s.load_settings();
  if (!loaded) return s.fail(loaded.error());
  // The program's default is for commands with output of their own.
  using origin = config::origin::kind;
  if (loaded->origin_of("log.level").from == origin::program)
    loaded->values.log.level = log_level::info;
  if (loaded->origin_of("log.failed_runs").from == origin::program)
    loaded->values.log.failed_runs = true;
  return serve_engine(s, *std::move(loaded),
                      [&](engine&, const std::vector<std::string>&, const std::string& listening) {
                        s.print_message(listening);
                        s.stop_signals().wait();
                      });
}

}  // namespace

void add_serve(CLI::App& to, command_line& line) {
  auto* const cmd =
      add_command(to, "serve", "Serve the HTTP API and execute runs, until SIGTERM or Ctrl-C.",
                  "Examples:\n"
                  "  pawl serve --data-dir ./data\n"
                  "  pawl serve --data-dir ./data --listen unix:/run/pawl.sock\n\n"
                  "Unfinished runs in the data folder continue. Without --data-dir all data is in\n"
                  "memory. docs/server.md describes the API; the server itself shows it at /docs.");
  cmd->add_option("--listen", line.settings.listen,
                  "Address to listen on; default: 127.0.0.1:7717; repeatable")
      ->type_name("HOST:PORT|unix:PATH")
      ->allow_extra_args(false);
  cmd->add_flag("--old-api", line.settings.old_api, "Also serve the routes of the old engine");
  add_allow_exec(*cmd, line);
  cmd->callback([&line] { line.command = [](session& s) { return serve(s); }; });
}

}  // namespace pawl::cli
