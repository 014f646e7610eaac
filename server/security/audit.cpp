#include "server/security/audit.hpp"

#include <utility>

#include <spdlog/spdlog.h>

#include <pawl/code_ref.hpp>

namespace pawl::server {
namespace {

class logging_audit final : public audit_log {
 public:
  explicit logging_audit(std::shared_ptr<spdlog::logger> to) : to_(std::move(to)) {}

  void record(const audit_entry& entry) override {
    // Quoted is what a caller can choose.
    to_->info("audit what={} target={} scope={} who={} peer={} outcome={} status={} request={}",
              entry.what, pawl::quoted(entry.target), pawl::quoted(entry.scope),
              pawl::quoted(entry.who), entry.peer, entry.outcome, entry.status, entry.request_id);
  }

 private:
  const std::shared_ptr<spdlog::logger> to_;
};

}  // namespace

std::unique_ptr<audit_log> make_logging_audit(std::shared_ptr<spdlog::logger> to) {
  return std::make_unique<logging_audit>(std::move(to));
}

}  // namespace pawl::server
