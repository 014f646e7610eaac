#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>

namespace pawl::persistence {

/// The number of tables that a store keeps open: a quarter of the process's limit of open files, at
/// least 20 (the minimum of RocksDB) and at most 512.
[[nodiscard]] inline int max_open_tables() noexcept {
  constexpr std::uint64_t fewest = 20, most = 512;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return static_cast<int>(most);
  return static_cast<int>(std::clamp<std::uint64_t>(limit.rlim_cur / 4, fewest, most));
}

}  // namespace pawl::persistence
