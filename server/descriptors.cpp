#include "server/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "persistence/descriptors.hpp"

namespace pawl::server {
namespace {

// core.exec: three streams and the report of its child, as pairs of ends. core.http: a socket, the
// descriptors of libcurl and of the name lookup.
constexpr std::uint64_t per_call = 10;
// The listener itself, rejected connections, key and audit files, directory listings.
constexpr std::uint64_t for_server = 16;
constexpr std::uint64_t fewest_connections = 4;

std::uint64_t used_descriptors() {
  std::error_code failed;
  const std::filesystem::directory_iterator all{"/proc/self/fd", failed};
  if (failed) return 64;  // without /proc; more than a new store uses
  return static_cast<std::uint64_t>(std::distance(begin(all), end(all)));
}

}  // namespace

std::uint64_t reserved_descriptors(const settings& s) {
  return static_cast<std::uint64_t>(persistence::max_open_tables()) +
         per_call * s.executor.thread_count() + for_server;
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
