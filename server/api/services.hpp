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

class caller_limiter;
class forwarder;
class flow_file_reports;
class idempotency_table;
class live_streams;
class long_bodies;
class metrics;
class upload_folder;
class waiting_calls;
class watched_threads;
struct readings;

/// Open connections of the transport.
struct connection_counts {
  std::uint64_t connections = 0;
  std::uint64_t streams = 0;
};

/// The services that routes use. Requests hold them, because an answer may come after the server is
/// destroyed.
struct services {
  pawl::engine& engine;
  std::shared_ptr<authenticator> auth;
  std::shared_ptr<audit_log> audit;
  std::shared_ptr<idempotency_table> idempotency;
  std::shared_ptr<waiting_calls> waits;
  std::shared_ptr<long_bodies> bodies;
  std::shared_ptr<live_streams> live;
  std::shared_ptr<spdlog::logger> log;
  std::function<connection_counts()> connections;
  std::shared_ptr<server::metrics> metrics;
  /// Fills in the readings of the server's own components; may access files.
  std::function<void(readings& now)> fill_readings;
  std::shared_ptr<caller_limiter> stream_limiter;       ///< event streams and WebSockets per caller
  std::shared_ptr<caller_limiter> wait_limiter;         ///< waiting requests per caller
  std::shared_ptr<watched_threads> watched;             ///< by WebSockets of the old API
  std::shared_ptr<upload_folder> uploads;               ///< files of forms of the old API
  std::shared_ptr<const flow_file_reports> flow_files;  ///< null if no folder is watched
  std::shared_ptr<forwarder> forwards = {};             ///< of a server that stands by; null: none
};

}  // namespace pawl::server
