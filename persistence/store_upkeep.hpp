#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include <pawl/result.hpp>
#include <pawl/upkeep.hpp>

#include "persistence/store.hpp"

namespace pawl::persistence {

/// The long tasks of a store on disk, and what they need. Thread-safe, in parallel with reads and
/// writes. At most one backup and one compaction at a time.
class store_upkeep {
 public:
  virtual ~store_upkeep() = default;

  /// Adds a backup of the store to a folder, which is created if it does not exist. It has every
  /// write that returned before the call, and each batch as a whole or not at all. Errors:
  /// `invalid_argument` (the folder has other files, or is within the store), `conflict` (a backup
  /// to it is under way), `unavailable` (see `cancel`), `io_failed`, `storage_full`, `read_only`.
  [[nodiscard]] virtual result<backup_info> back_up(const std::filesystem::path& folder) = 0;

  /// Rewrites all tables without what was deleted or replaced. Needs as much free space as the
  /// largest of the tables. Errors: `unavailable`, `io_failed`, `storage_full`, `corrupt`.
  [[nodiscard]] virtual result<compaction_result> compact() = 0;

  /// A view whose values are as they are stored (values/value_codec.hpp). Must be destroyed before
  /// the store.
  [[nodiscard]] virtual std::unique_ptr<const view> stored_values() const = 0;

  /// Ends both calls soon, as `unavailable`, and all later ones.
  virtual void cancel() noexcept = 0;
};

}  // namespace pawl::persistence
