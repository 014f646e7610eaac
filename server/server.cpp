#include "server/server.hpp"

#include <mutex>
#include <utility>

#include <spdlog/spdlog.h>

#include "server/api/caller_places.hpp"
#include "server/api/dispatcher.hpp"
#include "server/api/idempotency.hpp"
#include "server/api/routes.hpp"
#include "server/api/waiting_calls.hpp"
#include "server/http/listener.hpp"
#include "server/live/live_streams.hpp"
#include "server/live/log_ring.hpp"
#include "server/metrics/metrics.hpp"
#include "server/security/exposure.hpp"
#include "server/security/file_audit.hpp"
#include "server/security/key_authenticator.hpp"
#include "server/security/keys.hpp"

namespace pawl::server {
namespace {

/// What all runs together may have logged and the server still has.
constexpr std::size_t log_bytes = std::size_t{32} << 20;

router routes_for(const server_settings& s) {
  router routes = all_routes();
  if (s.old_api) add_old_routes(routes);
  return routes;
}

}  // namespace

/// The transport, for those who count its connections; it comes after them and goes before them.
class transport_counts {
 public:
  void watch(const std::shared_ptr<http::listener>& transport) {
    const std::lock_guard lock{mutex_};
    transport_ = transport;
  }
  [[nodiscard]] http::listener_numbers now() const {
    const std::lock_guard lock{mutex_};
    const auto transport = transport_.lock();
    return transport ? transport->numbers() : http::listener_numbers{};
  }
  [[nodiscard]] connection_counts connections() const {
    const auto numbers = now();
    return {numbers.connections, numbers.streams};
  }

 private:
  mutable std::mutex mutex_;
  std::weak_ptr<http::listener> transport_;
};

/// Who may do what, and what was done.
struct guards {
  std::shared_ptr<key_authenticator> who;
  std::shared_ptr<file_audit> file;  ///< null: commands are noted in the log
  std::shared_ptr<audit_log> audit;
};

/// Errors: of the files of keys and of the audit log; `invalid_argument` where others could reach a
/// server without keys.
result<guards> make_guards(const settings& s, const std::shared_ptr<spdlog::logger>& log) {
  guards made;
  auto who = key_authenticator::open({keys_file_of(s), s.server.max_failed_logins,
                                      make_open_authenticator(s.server.cors_origins), log});
  if (!who) return std::move(who).error();
  made.who = *std::move(who);
  if (!made.who->has_keys())
    if (auto safe = check_exposure(s.server); !safe) return std::move(safe).error();
  if (s.server.audit_file.empty()) {
    made.audit = make_logging_audit(log);
  } else {
    auto file = file_audit::open(s.server.audit_file, log);
    if (!file) return std::move(file).error();
    made.audit = made.file = *std::move(file);
  }
  return made;
}

/// In the order in which they need each other.
struct http_server::inside {
  inside(engine& of, const std::shared_ptr<spdlog::logger>& log, guards made)
      : safe(std::move(made)),
        log_source(feed(logs, of)),
        routes({of, safe.who, safe.audit,
                std::make_shared<idempotency_table>(idempotency_table::limits{}), logs, waits, live,
                log, [counts = counts] { return counts->connections(); }, counted,
                [counts = counts, who = safe.who, file = safe.file,
                 folder = std::make_shared<folder_size>(of.effective_settings().storage.data_dir)](
                    readings& now) {
                  now.transport = counts->now();
                  now.logins_refused = who->refused();
                  now.audit_lines_lost = file ? file->lost() : 0;
                  now.store_bytes = folder->bytes();
                },
                std::make_shared<caller_places>(of.effective_settings().server.max_streams_per_key),
                std::make_shared<caller_places>(of.effective_settings().server.max_waits_per_key)},
               routes_for(of.effective_settings().server)) {}

  const guards safe;
  const std::shared_ptr<transport_counts> counts = std::make_shared<transport_counts>();
  const std::shared_ptr<metrics> counted = std::make_shared<metrics>();
  const std::shared_ptr<log_ring> logs = std::make_shared<log_ring>(log_bytes);
  const std::shared_ptr<waiting_calls> waits = std::make_shared<waiting_calls>();
  const std::shared_ptr<live_streams> live = std::make_shared<live_streams>();
  const std::shared_ptr<subscription> log_source;
  dispatcher routes;
  std::shared_ptr<http::listener> transport;
  bool tls = false;
};

http_server::http_server(std::unique_ptr<inside> made) : inside_(std::move(made)) {}

http_server::~http_server() {
  stop(std::chrono::milliseconds{0});
}

result<std::unique_ptr<http_server>> http_server::open(engine& of,
                                                       std::shared_ptr<spdlog::logger> log) {
  const server_settings& wanted = of.effective_settings().server;
  auto safe = make_guards(of.effective_settings(), log);
  if (!safe) return std::move(safe).error();
  auto made = std::make_unique<inside>(of, log, *std::move(safe));
  auto opened = http::listener::open(
      {wanted, made->routes, std::move(log),
       [counted = made->counted](const http::finished_request& one) { counted->observe(one); }});
  if (!opened) return std::move(opened).error();
  made->transport = *std::move(opened);
  made->tls = !wanted.tls_cert.empty();
  made->counts->watch(made->transport);
  return std::unique_ptr<http_server>{new http_server{std::move(made)}};
}

std::vector<std::string> http_server::urls() const {
  const std::string scheme = inside_->tls ? "https://" : "http://";
  std::vector<std::string> all;
  for (const auto& at : inside_->transport->addresses())
    all.push_back(at.starts_with("unix:") ? at : scheme + at);
  return all;
}

result<void> http_server::reload() {
  const auto transport = inside_->transport->reload();
  const auto keys = inside_->safe.who->reload();
  const auto audit = inside_->safe.file ? inside_->safe.file->reopen() : result<void>{};
  for (const auto& each : {transport, keys, audit})
    if (!each) return each;
  return {};
}

void http_server::stop(std::chrono::milliseconds time_to_finish) {
  inside_->waits->end_all();
  inside_->transport->stop(time_to_finish);
  inside_->live->stop();
}

}  // namespace pawl::server
