#include "server/server.hpp"

#include <mutex>
#include <utility>

#include <spdlog/spdlog.h>

#include "server/api/dispatcher.hpp"
#include "server/api/idempotency.hpp"
#include "server/api/routes.hpp"
#include "server/api/waiting_calls.hpp"
#include "server/http/listener.hpp"
#include "server/live/live_streams.hpp"
#include "server/live/log_ring.hpp"
#include "server/security/exposure.hpp"

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
  [[nodiscard]] connection_counts now() const {
    const std::lock_guard lock{mutex_};
    const auto transport = transport_.lock();
    if (!transport) return {};
    const auto numbers = transport->numbers();
    return {numbers.connections, numbers.streams};
  }

 private:
  mutable std::mutex mutex_;
  std::weak_ptr<http::listener> transport_;
};

/// In the order in which they need each other.
struct http_server::inside {
  inside(engine& of, const std::shared_ptr<spdlog::logger>& log)
      : log_source(feed(logs, of)),
        routes({of, make_open_authenticator(of.effective_settings().server.cors_origins),
                make_logging_audit(log),
                std::make_shared<idempotency_table>(idempotency_table::limits{}), logs, waits, live,
                log, [counts = counts] { return counts->now(); }},
               routes_for(of.effective_settings().server)) {}

  const std::shared_ptr<transport_counts> counts = std::make_shared<transport_counts>();
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
  if (auto safe = check_exposure(wanted); !safe) return std::move(safe).error();
  auto made = std::make_unique<inside>(of, log);
  auto opened = http::listener::open({wanted, made->routes, std::move(log)});
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
  return inside_->transport->reload();
}

void http_server::stop(std::chrono::milliseconds time_to_finish) {
  inside_->waits->end_all();
  inside_->transport->stop(time_to_finish);
  inside_->live->stop();
}

}  // namespace pawl::server
