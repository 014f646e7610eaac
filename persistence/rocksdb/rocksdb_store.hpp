#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include <pawl/result.hpp>

#include "persistence/store.hpp"

namespace pawl::persistence {

struct rocksdb_options {
  durability mode = durability::sync;

  /// Memory for blocks that were read, in bytes. What is written lately needs up to about as much
  /// again, whatever is set here.
  std::size_t cache_bytes = std::size_t{64} << 20;

  /// Opens a store whose write-ahead log is damaged, with all that was written before the damage.
  /// What came after it is given up for good, although it had been acknowledged. Without this such
  /// a store is refused as `corrupt` and not changed.
  bool accept_log_damage = false;
};

/// Opens the store in `folder`, which is made (with its parents) where it is missing. One store at
/// a time, in one process, holds a folder. The store returned has the current schema and keeps the
/// contract of `store`; the process may die at any moment.
///
/// Views keep the folder open: it is free for the next when the store and all its views are gone.
///
/// Errors, each with the folder and what to do: `invalid_argument` (no folder, or one that holds
/// other things), `locked`, `read_only`, `storage_full`, `schema_newer`, `not_supported` (made by
/// another engine), `corrupt`, `io_failed`.
[[nodiscard]] result<std::unique_ptr<store>> open_rocksdb_store(
    const std::filesystem::path& folder, const rocksdb_options& options = {});

}  // namespace pawl::persistence
