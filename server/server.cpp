#include "server/server.hpp"

#include <mutex>
#include <utility>

#include <spdlog/spdlog.h>

#include "runtime/logging.hpp"
#include "runtime/run_uploads.hpp"
#include "server/api/caller_limiter.hpp"
#include "server/api/dispatcher.hpp"
#include "server/api/forwarder.hpp"
#include "server/api/idempotency.hpp"
#include "server/api/long_bodies.hpp"
#include "server/api/routes.hpp"
#include "server/api/waiting_calls.hpp"
#include "server/descriptors.hpp"
#include "server/http/listener.hpp"
#include "server/live/live_streams.hpp"
#include "server/metrics/metrics.hpp"
#include "server/old_api/uploads.hpp"
#include "server/old_api/watched_threads.hpp"
#include "server/security/exposure.hpp"
#include "server/security/file_audit.hpp"
#include "server/security/key_authenticator.hpp"
#include "server/security/keys.hpp"

namespace pawl::server {
namespace {

router routes_for(const server_settings& s) {
  router routes = all_routes();
  add_console_routes(routes, s.console);
  if (s.old_api)
    add_old_routes(routes);
  else
    add_root_route(routes);
  return routes;
}

std::shared_ptr<upload_folder> make_upload_folder(const settings& s) {
  return std::make_shared<upload_folder>(upload_root(s), s.server.max_upload_bytes);
}

}  // namespace

/// Access to the transport's statistics for services created before it and destroyed after it.
class transport_stats {
 public:
  void watch(const std::shared_ptr<http::listener>& transport) {
    const std::lock_guard lock{mutex_};
    transport_ = transport;
  }
  [[nodiscard]] http::listener_stats now() const {
    const std::lock_guard lock{mutex_};
    const auto transport = transport_.lock();
    return transport ? transport->stats() : http::listener_stats{};
  }
  [[nodiscard]] connection_counts connections() const {
    const auto numbers = now();
    return {numbers.connections, numbers.streams};
  }

 private:
  mutable std::mutex mutex_;
  std::weak_ptr<http::listener> transport_;
};

/// Authentication and audit.
struct security_parts {
  std::shared_ptr<key_authenticator> auth;
  std::shared_ptr<file_audit> file;  ///< null: commands are audited in the server's log
  std::shared_ptr<audit_log> audit;
};

/// Errors: those of the key file and the audit log; `invalid_argument` for an address that other
/// machines can reach while there are no API keys.
result<security_parts> make_security(const settings& s, const std::shared_ptr<spdlog::logger>& log,
                                     audit_lines when) {
  security_parts made;
  auto auth = key_authenticator::open({keys_file_of(s), s.server.max_failed_logins,
                                       make_open_authenticator(s.server.cors_origins), log});
  if (!auth) return std::move(auth).error();
  made.auth = *std::move(auth);
  if (!made.auth->has_keys())
    if (auto safe = check_exposure(s.server); !safe) return std::move(safe).error();
  if (s.server.audit_file.empty()) {
    made.audit = make_logging_audit(log, when);
  } else {
    auto file = file_audit::open(s.server.audit_file, log);
    if (!file) return std::move(file).error();
    made.audit = made.file = *std::move(file);
  }
  return made;
}

/// Members are declared in order of dependency.
struct http_server::impl {
  impl(engine& of, const std::shared_ptr<spdlog::logger>& to, security_parts made,
       std::shared_ptr<const flow_file_reports> flow_files)
      : log(to),
        security(std::move(made)),
        forwards(std::make_shared<forwarder>(of)),
        routes(
            {of, security.auth, security.audit, answers, waits, bodies, live, log,
             [stats = stats] { return stats->connections(); }, request_metrics,
             [stats = stats, auth = security.auth, file = security.file, log = log,
              forwards = forwards,
              folder = std::make_shared<folder_size>(of.effective_settings().storage.data_dir)](
                 readings& now) {
               now.transport = stats->now();
               now.logins_refused = auth->refused();
               now.audit_lines_lost = file ? file->lost() : 0;
               now.log_lines_lost = log_lines_lost(*log);
               now.store_bytes = folder->bytes();
               const auto passed = forwards->passed();
               now.forwards_answered = passed.answered;
               now.forwards_failed = passed.failed;
             },
             std::make_shared<caller_limiter>(of.effective_settings().server.max_streams_per_key),
             std::make_shared<caller_limiter>(of.effective_settings().server.max_waits_per_key),
             std::make_shared<watched_threads>(), make_upload_folder(of.effective_settings()),
             std::move(flow_files), forwards},
            routes_for(of.effective_settings().server)),
        deletions(forget_deleted_runs(of, answers)) {}

  const std::shared_ptr<spdlog::logger> log;
  const security_parts security;
  const std::shared_ptr<transport_stats> stats = std::make_shared<transport_stats>();
  const std::shared_ptr<metrics> request_metrics = std::make_shared<metrics>();
  const std::shared_ptr<idempotency_table> answers =
      std::make_shared<idempotency_table>(idempotency_table::limits{});
  const std::shared_ptr<waiting_calls> waits = std::make_shared<waiting_calls>();
  const std::shared_ptr<long_bodies> bodies = std::make_shared<long_bodies>();
  const std::shared_ptr<live_streams> live = std::make_shared<live_streams>(
      std::chrono::seconds{15}, [waiting = waits] { waiting->end_revoked(); });
  const std::shared_ptr<forwarder> forwards;
  dispatcher routes;
  const std::shared_ptr<subscription> deletions;
  std::shared_ptr<http::listener> transport;
  bool tls = false;
};

http_server::http_server(std::unique_ptr<impl> made) : impl_(std::move(made)) {}

http_server::~http_server() {
  stop(std::chrono::milliseconds{0});
}

result<std::unique_ptr<http_server>> http_server::open(
    engine& of, std::shared_ptr<spdlog::logger> log,
    std::shared_ptr<const flow_file_reports> flow_files) {
  const server_settings& s = of.effective_settings().server;
  auto security = make_security(of.effective_settings(), log,
                                flow_files ? audit_lines::with_level : audit_lines::always);
  if (!security) return std::move(security).error();
  auto made = std::make_unique<impl>(of, log, *std::move(security), std::move(flow_files));
  auto transport = s;
  transport.max_connections = affordable_connections(of.effective_settings());
  if (transport.max_connections < s.max_connections) {
    log->warn(
        "the limit of open files has room for {} connections, not for the {} of "
        "server.max_connections; raise it (ulimit -Hn, LimitNOFILE)",
        transport.max_connections, s.max_connections);
  }
  auto opened = http::listener::open(
      {std::move(transport), made->routes, std::move(log),
       [to = made->request_metrics](const http::finished_request& one) { to->observe(one); }});
  if (!opened) return std::move(opened).error();
  made->transport = *std::move(opened);
  made->tls = !s.tls_cert.empty();
  made->stats->watch(made->transport);
  return std::unique_ptr<http_server>{new http_server{std::move(made)}};
}

std::vector<std::string> http_server::urls() const {
  const std::string scheme = impl_->tls ? "https://" : "http://";
  std::vector<std::string> all;
  for (const auto& at : impl_->transport->addresses())
    all.push_back(at.starts_with("unix:") ? at : scheme + at);
  return all;
}

result<void> http_server::reload() {
  const auto transport = impl_->transport->reload();
  const auto keys = impl_->security.auth->reload();
  const auto log = reopen_log(*impl_->log);
  const auto audit = impl_->security.file ? impl_->security.file->reopen() : result<void>{};
  for (const auto& each : {transport, keys, log, audit})
    if (!each) return each;
  return {};
}

void http_server::stop(std::chrono::milliseconds timeout) {
  impl_->waits->end_all();
  impl_->forwards->end_reads();
  impl_->transport->stop(timeout);
  impl_->forwards->stop();
  impl_->bodies->stop();
  impl_->live->stop();
}

}  // namespace pawl::server
