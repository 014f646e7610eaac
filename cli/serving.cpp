#include "cli/serving.hpp"

#include <utility>

#include <spdlog/logger.h>

#include <pawl/detail/log_context.hpp>
#include <pawl/metrics.hpp>
#include <pawl/version.hpp>

#include "cli/interrupts.hpp"
#include "config/keys.hpp"
#include "config/url_password.hpp"
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
  const auto& url = s.storage.url;
  const json mode = config::to_json(*config::find_key("storage.durability"), s);
  log.info("pawl {} started: {}, durability {}, {}", library_version,
           !s.storage.is_kept() ? std::string{"data in memory"}
           : url.empty()        ? "data folder " + detail::log_value(folder.string())
                                : "database " + detail::log_value(config::without_password(url)),
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

exit_code serve_until_signal(session& s, engine& open, const std::shared_ptr<spdlog::logger>& log,
                             const while_serving& meanwhile,
                             std::shared_ptr<const server::flow_file_reports> flow_files) {
  auto opened = server::http_server::open(open, log, std::move(flow_files));
  if (!opened) return s.fail(opened.error());
  server::http_server& serving = **opened;
  s.stop_signals().on_hang_up([&] {
    for (const auto& read : {serving.reload(), open.reload_secrets()})
      if (!read) log->error("{}", read.error().message);
  });
  const std::string listening = listening_line(serving.urls());
  log_start(*log, open.effective_settings(), listening);
  meanwhile(open, serving.urls(), listening);
  log->info("stopping after a signal; running steps may finish for {} ms",
            open.effective_settings().engine.stop_timeout_ms.count());
  serving.stop(open.effective_settings().engine.stop_timeout_ms);
  const engine_metrics counted = open.metrics();
  const auto stopped = open.stop();
  log_stop(*log, counted, stopped);
  reopen_on_hang_up(s, log);  // the server ends before the process
  return stopped ? exit_code::ok : s.fail(stopped.error());
}

}  // namespace

exit_code serve_engine(session& s, config::effective_settings loaded,
                       const while_serving& meanwhile,
                       std::shared_ptr<const server::flow_file_reports> flow_files) {
  server::return_large_buffers();
  s.stop_signals().enable_graceful_stop();
  // A rotation of the logs never stops a server, not while it starts or stops either.
  s.stop_signals().on_hang_up([] {});
  // A server usually has workers: by default, functions it does not have go to the task queue.
  if (loaded.origin_of("worker.default_queue").from == config::origin::kind::defaults)
    loaded.values.worker.default_queue = "default";
  // Engine and server share the logger, so that a change of its level affects both.
  auto log = make_logger(loaded.values.log);
  if (!log) return s.fail(log.error());
  reopen_on_hang_up(s, *log);
  s.stop_signals().end_within(loaded.values.engine.stop_timeout_ms + stop_reserve);
  limit_http_calls(loaded.values, **log);
  engine_components components;
  components.log = *log;
  engine served = engine_access::make(std::move(loaded.values), std::move(components));
  if (const auto opened = served.open(); !opened) return s.fail(opened.error());
  return serve_until_signal(s, served, *log, meanwhile, std::move(flow_files));
}

}  // namespace pawl::cli
