#include "server/security/audit.hpp"

#include <utility>

#include <spdlog/spdlog.h>

#include <pawl/detail/log_context.hpp>

namespace pawl::server {
namespace {

class logging_audit final : public audit_log {
 public:
  /// A logger of its own, with the same sinks: the level of the log does not apply to the audit.
  /// With `level` it does: that of the logger, which can change.
  logging_audit(const spdlog::logger& beside, std::shared_ptr<spdlog::logger> level)
      : to_(std::make_shared<spdlog::logger>(beside.name(), beside.sinks().begin(),
                                             beside.sinks().end())),
        level_(std::move(level)) {
    to_->set_level(spdlog::level::info);
    to_->flush_on(spdlog::level::info);
  }

  void record(const audit_entry& entry) override {
    if (level_ && !level_->should_log(spdlog::level::info)) return;
    // Adds scope and request id to the log line.
    const detail::log_about here{{.scope = entry.scope, .request = entry.request_id}};
    to_->info("audit what={} target={} who={} peer={} outcome={} status={}", entry.what,
              detail::log_value(entry.target), detail::log_value(entry.who),
              detail::log_value(entry.peer), entry.outcome, entry.status);
  }

 private:
  const std::shared_ptr<spdlog::logger> to_;
  const std::shared_ptr<spdlog::logger> level_;  ///< null: each command is logged
};

}  // namespace

std::unique_ptr<audit_log> make_logging_audit(const std::shared_ptr<spdlog::logger>& to,
                                              audit_lines when) {
  return std::make_unique<logging_audit>(*to, when == audit_lines::always ? nullptr : to);
}

}  // namespace pawl::server
