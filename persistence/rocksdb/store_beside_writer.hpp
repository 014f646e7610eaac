#pragma once

#include <filesystem>
#include <memory>

#include <pawl/result.hpp>

#include "persistence/rocksdb/rocksdb_store.hpp"

namespace pawl::persistence {

/// Opens a store that another process has open, to read it. It has every write that had returned
/// before the call, and no later ones; some of them may not be synced yet. With durability `off`
/// it has only what that process has moved to tables. Nothing in the folder is changed, and that
/// process is not disturbed. Writes are refused as `read_only`.
///
/// Errors: `not_found`; `not_supported` (another schema: nothing is migrated), `schema_newer`,
/// `unavailable` (the store is being created, or changes too fast), `invalid_argument` (a key is
/// missing), `corrupt`, `io_failed`.
[[nodiscard]] result<std::unique_ptr<store>> open_store_beside_writer(
    const std::filesystem::path& folder, const rocksdb_options& options = {});

}  // namespace pawl::persistence
