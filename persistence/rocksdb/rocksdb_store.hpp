#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include <pawl/result.hpp>

#include "persistence/store.hpp"
#include "persistence/values/codec_ptr.hpp"

namespace pawl::persistence {

struct rocksdb_options {
  durability mode = durability::sync;

  /// Size of the block cache in bytes: blocks of tables, with their indexes and filters.
  std::size_t cache_bytes = std::size_t{64} << 20;

  /// Size of the memtables of all columns together, in bytes, at which they are written to tables.
  std::size_t memtable_bytes = std::size_t{64} << 20;

  /// Size of the logs in bytes, and number of entries (keys put or erased) in a log, at which data
  /// is moved to tables. They bound the time of replay after a crash, which takes 2 to 4 µs an
  /// entry: about 0.3 s for the defaults.
  std::size_t log_bytes = std::size_t{32} << 20;
  std::uint64_t log_entries = 80'000;

  /// How values are stored. Null: as they are; compressed ones are read.
  values::codec_ptr codec = nullptr;

  /// Whether a store opens only if `codec` has the key of each value. Without them what is
  /// encrypted cannot be read.
  bool needs_keys = true;

  /// Called when a damaged table is found in the background, on another thread. The store continues
  /// without compactions: only reads of the damaged blocks fail.
  std::function<void(const error&)> on_damage = {};
};

/// Opens the store in `folder`, and creates the folder and its parents if they do not exist. Only
/// one store in one process can use a folder. The returned store has the current schema and fulfils
/// the contract of `store`; the process may die at any time.
///
/// A view keeps the folder locked, so the lock is released when the store and all views are
/// destroyed.
///
/// Errors, each with the folder and a remedy: `invalid_argument` (not a folder, a folder with other
/// files, or a key of the store is missing), `locked`, `read_only`, `storage_full`, `schema_newer`,
/// `not_supported` (made by another engine), `corrupt`, `io_failed`.
[[nodiscard]] result<std::unique_ptr<store>> open_rocksdb_store(
    const std::filesystem::path& folder, const rocksdb_options& options = {});

}  // namespace pawl::persistence
