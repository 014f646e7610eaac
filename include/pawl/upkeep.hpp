#pragma once

#include <cstdint>

#include <pawl/time.hpp>

namespace pawl {

/// A backup of a store. All backups in a folder share the files that have not changed.
struct backup_info {
  std::uint32_t id = 0;     ///< number of the backup in its folder, from 1
  time_point created_at{};  ///< in whole seconds
  std::uint64_t bytes = 0;  ///< size of the restored store
  std::uint64_t files = 0;

  friend bool operator==(const backup_info&, const backup_info&) = default;
};

/// The size of a store on disk before and after a compaction.
struct compaction_result {
  std::uint64_t bytes_before = 0;
  std::uint64_t bytes_after = 0;
};

}  // namespace pawl
