#include "server/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "actors/fair_queue.hpp"
#include "persistence/descriptors.hpp"

namespace pawl::server {
namespace {

// core.exec: three streams and the report of its child, as pairs of ends.
constexpr std::uint64_t per_call = 10;
// core.http: a socket, and one more while it looks up a name or tries two addresses.
constexpr std::uint64_t per_http_call = 2;
// The listener itself, rejected connections, key and audit files, directory listings.
constexpr std::uint64_t for_server = 16;
constexpr std::uint64_t fewest_connections = 4;

/// The most HTTP calls at once, with those that are kept for scopes which make few.
std::uint64_t most_http_calls(std::uint64_t calls) {
  return calls + actors::reserve_for(calls);
}

std::uint64_t used_descriptors() {
  std::error_code failed;
  const std::filesystem::directory_iterator all{"/proc/self/fd", failed};
  if (failed) return 64;  // without /proc; more than a new store uses
  return static_cast<std::uint64_t>(std::distance(begin(all), end(all)));
}

}  // namespace

std::uint64_t reserved_descriptors(const settings& s) {
  return static_cast<std::uint64_t>(persistence::max_open_tables()) +
         per_call * s.executor.thread_count() +
         per_http_call * most_http_calls(s.executor.max_http_calls) + for_server;
}

std::uint32_t affordable_http_calls(const settings& s) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return s.executor.max_http_calls;
  // A quarter of the calls more are for scopes that make few: 4 / 5 are for all.
  const std::uint64_t room = limit.rlim_cur / 4 / per_http_call * 4 / 5;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(s.executor.max_http_calls, std::max<std::uint64_t>(room, 1)));
}

std::uint32_t affordable_connections(const settings& s) {
  const std::uint64_t wanted = s.server.max_connections;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return s.server.max_connections;
  const std::uint64_t taken = used_descriptors() + reserved_descriptors(s);
  const std::uint64_t left = limit.rlim_cur - std::min<std::uint64_t>(limit.rlim_cur, taken);
  return static_cast<std::uint32_t>(std::min(wanted, std::max(left, fewest_connections)));
}

}  // namespace pawl::server
