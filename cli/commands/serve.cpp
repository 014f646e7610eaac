#include <utility>

#include <spdlog/logger.h>

#include <pawl/detail/log_context.hpp>
#include <pawl/metrics.hpp>
#include <pawl/version.hpp>

#include "cli/commands/commands.hpp"
#include "cli/interrupts.hpp"
#include "cli/text.hpp"
#include "config/keys.hpp"
#include "config/values.hpp"
#include "runtime/core.hpp"
#include "runtime/logging.hpp"
#include "server/descriptors.hpp"
#include "server/memory.hpp"
#include "server/server.hpp"

namespace pawl::cli {
namespace {

std::string listening_line(const std::vector<std::string>& urls) {
  std::string line = "listening on ";
  for (std::size_t i = 0; i < urls.size(); ++i) line += (i == 0 ? "" : ", ") + urls[i];
  return line;
}

void log_start(spdlog::logger& log, const settings& s, const std::string& listening) {
  const auto& folder = s.storage.data_dir;
  const json mode = config::to_json(*config::find_key("storage.durability"), s);
  log.info("pawl {} started: {}, durability {}, {}", library_version,
           folder.empty() ? std::string{"data in memory"}
                          : "data folder " + detail::log_value(folder.string()),
           mode.get<std::string>(), listening);
}

void log_stop(spdlog::logger& log, const engine_metrics& m, const result<void>& stopped) {
  log.info("pawl {} stopped: {} runs started, {} completed, {} failed, {} cancelled{}",
           library_version, m.runs_started, m.runs_completed, m.runs_failed, m.runs_cancelled,
           stopped ? std::string{} : "; " + stopped.error().message);
}

/// Sets what SIGHUP does while there is no server.
void reopen_on_hang_up(session& s, const std::shared_ptr<spdlog::logger>& log) {
  s.stop_signals().on_hang_up([log] {
    if (const auto reopened = reopen_log(*log); !reopened)
      log->error("{}", reopened.error().message);
  });
}

/// Lowers `executor.max_http_calls` to what the limit of open files has room for.
void limit_http_calls(settings& s, spdlog::logger& log) {
  const auto wanted = std::exchange(s.executor.max_http_calls, server::affordable_http_calls(s));
  if (s.executor.max_http_calls == wanted) return;
  log.warn(
      "the limit of open files has room for {} calls of core.http at once, not for the {} of "
      "executor.max_http_calls; raise it (ulimit -Hn, LimitNOFILE)",
      s.executor.max_http_calls, wanted);
}

/// Serves until a signal to stop. Stops the transport before the engine, so that requests in
/// progress are answered. From the first line on, everything is written to the log: a reader that
/// blocks standard error must not stop the server.
exit_code serve_until_signal(session& s, engine& open, const std::shared_ptr<spdlog::logger>& log) {
  auto opened = server::http_server::open(open, log);
  if (!opened) return s.fail(opened.error());
  server::http_server& serving = **opened;
  s.stop_signals().on_hang_up([&] {
    if (const auto read = serving.reload(); !read) log->error("{}", read.error().message);
  });
  const std::string listening = listening_line(serving.urls());
  s.print_message(listening);
  log_start(*log, open.effective_settings(), listening);
  s.stop_signals().wait();
  log->info("stopping after a signal; running steps may finish for {} ms",
            open.effective_settings().engine.stop_timeout_ms.count());
  serving.stop(open.effective_settings().engine.stop_timeout_ms);
  const engine_metrics counted = open.metrics();
  const auto stopped = open.stop();
  log_stop(*log, counted, stopped);
  reopen_on_hang_up(s, log);  // the server ends before the process
  return stopped ? exit_code::ok : s.fail(stopped.error());
}

exit_code serve(session& s) {
  server::return_large_buffers();
  s.stop_signals().enable_graceful_stop();
  // A rotation of the logs never stops a server, not while it starts or stops either.
  s.stop_signals().on_hang_up([] {});
  auto loaded = s.load_settings();
  if (!loaded) return s.fail(loaded.error());
  // A server usually has workers: by default, functions it does not have go to the task queue.
  const auto queue = config::find_key("worker.default_queue") - config::keys().data();
  if (loaded->origins[static_cast<std::size_t>(queue)].from == config::origin::kind::defaults)
    loaded->values.worker.default_queue = "default";
  // The program's default is for commands with output of their own.
  const auto level = config::find_key("log.level") - config::keys().data();
  if (loaded->origins[static_cast<std::size_t>(level)].from == config::origin::kind::program)
    loaded->values.log.level = log_level::info;
  const auto failures = config::find_key("log.failed_runs") - config::keys().data();
  if (loaded->origins[static_cast<std::size_t>(failures)].from == config::origin::kind::program)
    loaded->values.log.failed_runs = true;
  // Engine and server share the logger, so that a change of its level affects both.
  auto log = make_logger(loaded->values.log);
  if (!log) return s.fail(log.error());
  reopen_on_hang_up(s, *log);
  s.stop_signals().end_within(loaded->values.engine.stop_timeout_ms + stop_reserve);
  limit_http_calls(loaded->values, **log);
  engine_components components;
  components.log = *log;
  engine served = engine_access::make(std::move(loaded->values), std::move(components));
  if (const auto opened = served.open(); !opened) return s.fail(opened.error());
  return serve_until_signal(s, served, *log);
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
