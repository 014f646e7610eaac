#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include <pawl/engine.hpp>
#include <pawl/measures.hpp>

#include "server/http/listener.hpp"

namespace pawl::server {

/// What the parts of a server tell of themselves at one moment. The server fills it in for each
/// scrape.
struct readings {
  bool ready = false;
  std::vector<run_count> runs;  ///< of all scopes
  std::uint64_t active_runs = 0;
  std::uint64_t commands_in_flight = 0;
  std::uint64_t calls_queued = 0;
  std::uint64_t calls_running = 0;
  std::uint64_t calls_stuck = 0;
  std::uint64_t tasks_queued = 0;
  std::uint64_t tasks_leased = 0;
  std::uint64_t store_bytes = 0;  ///< `bytes_in_folder` of the data folder
  engine_measures measured;
  http::listener_numbers transport;
  std::uint64_t logins_refused = 0;    ///< `key_authenticator::refused`
  std::uint64_t audit_lines_lost = 0;  ///< `file_audit::lost`
};

/// What the files in a folder take, without those in folders inside it; 0 where there is none.
/// Asks the system for each file, so it is no call for a thread that must not block for long.
[[nodiscard]] std::uint64_t bytes_in_folder(const std::filesystem::path& folder);

}  // namespace pawl::server
