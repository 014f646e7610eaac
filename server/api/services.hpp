#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include <pawl/engine.hpp>

#include "server/security/audit.hpp"
#include "server/security/caller.hpp"

namespace spdlog {
class logger;
}

namespace pawl::server {

class caller_places;
class idempotency_table;
class live_streams;
class log_ring;
class metrics;
class waiting_calls;
struct readings;

/// What the transport has open now.
struct connection_counts {
  std::uint64_t connections = 0;
  std::uint64_t streams = 0;
};

/// What the routes work with. Requests hold on to it: one may be answered when its server is gone.
struct services {
  pawl::engine& engine;
  std::shared_ptr<authenticator> who;
  std::shared_ptr<audit_log> audit;
  std::shared_ptr<idempotency_table> repeats;
  std::shared_ptr<log_ring> logs;
  std::shared_ptr<waiting_calls> waits;
  std::shared_ptr<live_streams> live;
  std::shared_ptr<spdlog::logger> log;
  std::function<connection_counts()> connections;
  std::shared_ptr<server::metrics> metrics;
  /// Puts in what the server's own parts count; may ask the system for files.
  std::function<void(readings& now)> count;
  std::shared_ptr<caller_places> streams_of;  ///< event streams and WebSockets of each caller
  std::shared_ptr<caller_places> waits_of;    ///< and his requests that wait
};

}  // namespace pawl::server
