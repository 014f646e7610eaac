#include "cli/commands/commands.hpp"
#include "cli/text.hpp"
#include "config/keys.hpp"
#include "runtime/core.hpp"
#include "runtime/logging.hpp"
#include "server/server.hpp"

namespace pawl::cli {
namespace {

std::string listening_line(const std::vector<std::string>& urls) {
  std::string line = "listening on ";
  for (std::size_t i = 0; i < urls.size(); ++i) line += (i == 0 ? "" : ", ") + urls[i];
  return line;
}

/// Serves until a signal to stop. Stops the transport before the engine, so that requests in
/// progress are answered.
exit_code serve_until_signal(session& s, engine& open, std::shared_ptr<spdlog::logger> log) {
  auto opened = server::http_server::open(open, std::move(log));
  if (!opened) return s.fail(opened.error());
  server::http_server& serving = **opened;
  s.stop_signals().on_hang_up([&] {
    if (const auto read = serving.reload(); !read) s.print_message(read.error().message);
  });
  s.print_message(listening_line(serving.urls()));
  s.stop_signals().wait();
  s.stop_signals().on_hang_up(nullptr);
  serving.stop(open.effective_settings().engine.stop_timeout_ms);
  if (const auto stopped = open.stop(); !stopped) return s.fail(stopped.error());
  return exit_code::ok;
}

exit_code serve(session& s) {
  s.stop_signals().enable_graceful_stop();
  auto loaded = s.load_settings();
  if (!loaded) return s.fail(loaded.error());
  // A server usually has workers: by default, functions it does not have go to the task queue.
  const auto queue = config::find_key("worker.default_queue") - config::keys().data();
  if (loaded->origins[static_cast<std::size_t>(queue)].from == config::origin::kind::defaults)
    loaded->values.worker.default_queue = "default";
  // Engine and server share the logger, so that a change of its level affects both.
  auto log = make_logger(loaded->values.log);
  if (!log) return s.fail(log.error());
  engine_components components;
  components.log = *log;
  engine served = engine_access::make(std::move(loaded->values), std::move(components));
  if (const auto opened = served.open(); !opened) return s.fail(opened.error());
  return serve_until_signal(s, served, *std::move(log));
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
