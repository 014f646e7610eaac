#pragma once

#include <memory>
#include <string>

namespace spdlog {
class logger;
}

namespace pawl::server {

/// One command that somebody gave, and what came of it.
struct audit_entry {
  std::string who;   ///< `caller::name`
  std::string peer;  ///< the address that it came from
  std::string scope;
  std::string what;     ///< "runs.pause", "flows.put"
  std::string target;   ///< the run's id or the flow's name; "" where there is none yet
  std::string outcome;  ///< "ok", or the problem's code
  unsigned status = 0;  ///< of HTTP
  std::string request_id;
};

/// Where commands are noted. Safe for concurrent use; does not block for long.
class audit_log {
 public:
  virtual ~audit_log() = default;
  virtual void record(const audit_entry& entry) = 0;
};

/// Notes commands as lines of a logger, at the level info.
[[nodiscard]] std::unique_ptr<audit_log> make_logging_audit(std::shared_ptr<spdlog::logger> to);

}  // namespace pawl::server
