#include "server/security/audit.hpp"

#include <utility>

#include <spdlog/spdlog.h>

#include <pawl/detail/log_context.hpp>

namespace pawl::server {
namespace {

class logging_audit final : public audit_log {
 public:
  explicit logging_audit(std::shared_ptr<spdlog::logger> to) : to_(std::move(to)) {}

  void record(const audit_entry& entry) override {
    // Adds scope and request id to the log line.
    const detail::log_about here{{.scope = entry.scope, .request = entry.request_id}};
    to_->info("audit what={} target={} who={} peer={} outcome={} status={}", entry.what,
              detail::log_value(entry.target), detail::log_value(entry.who),
              detail::log_value(entry.peer), entry.outcome, entry.status);
  }

 private:
  const std::shared_ptr<spdlog::logger> to_;
};

}  // namespace

std::unique_ptr<audit_log> make_logging_audit(std::shared_ptr<spdlog::logger> to) {
  return std::make_unique<logging_audit>(std::move(to));
}

}  // namespace pawl::server
