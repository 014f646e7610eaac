#pragma once

#include <memory>
#include <string>

namespace spdlog {
class logger;
}

namespace pawl::server {

/// A command and its outcome.
struct audit_entry {
  std::string who;   ///< `caller::name`
  std::string peer;  ///< the caller's address
  std::string scope;
  std::string what;     ///< "runs.pause", "flows.put"
  std::string target;   ///< id of the run or name of the flow; "" if there is none
  std::string outcome;  ///< "ok" or the problem's code
  unsigned status = 0;  ///< HTTP status
  std::string request_id;
};

/// Records commands. Safe for concurrent use; does not block for long.
class audit_log {
 public:
  virtual ~audit_log() = default;
  virtual void record(const audit_entry& entry) = 0;
};

/// When a command is logged.
enum class audit_lines {
  always,      ///< whatever the level of the log is
  with_level,  ///< as other lines of the level `info`
};

/// Records commands in the sinks of a logger, and flushes each line.
[[nodiscard]] std::unique_ptr<audit_log> make_logging_audit(
    const std::shared_ptr<spdlog::logger>& to, audit_lines when = audit_lines::always);

}  // namespace pawl::server
