#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/upkeep.hpp>

/// Backups of stores on disk, in a folder that `store_upkeep::back_up` fills. The functions need no
/// store. A backup is a set of files with checksums: the tables, which backups share, and the rest
/// of the store at the time of the backup. The folder has a description of each backup (`pawl/7`),
/// which is written last; without it a backup is not complete, and is neither verified nor
/// restored.
namespace pawl::persistence {

struct listed_backup {
  std::uint32_t id = 0;
  result<backup_info> info;  ///< error: its description is damaged or missing
};
/// Returns the backups in a folder, oldest first. Reads their descriptions only. Errors:
/// `not_found` (no folder with backups), `io_failed`.
[[nodiscard]] result<std::vector<listed_backup>> list_backups(const std::filesystem::path& folder);

/// Reads all files of a backup and compares their checksums. `id`: none: the newest. If that has no
/// description, no older one is taken. Errors: `not_found`, `corrupt` (names what is damaged or
/// missing), `io_failed`.
[[nodiscard]] result<backup_info> verify_backup(const std::filesystem::path& folder,
                                                std::optional<std::uint32_t> id);

/// Verifies a backup, copies it to a new or empty folder and opens the store there once. Until it
/// is complete the target is not a store, so an interrupted restore cannot be mistaken for one.
/// Errors: those of `verify_backup`; `invalid_argument` (the target is not empty; hidden files
/// count), `schema_newer`, `storage_full`, `read_only`, `locked`.
[[nodiscard]] result<backup_info> restore_backup(const std::filesystem::path& folder,
                                                 std::optional<std::uint32_t> id,
                                                 const std::filesystem::path& target);

/// Deletes all backups but the newest `keep`, which must be at least 1, and the files that no
/// backup needs any more. Returns how many were deleted. Errors: `not_found`, `conflict` (a backup
/// is being made), `io_failed`.
result<std::size_t> prune_backups(const std::filesystem::path& folder, std::uint32_t keep);

}  // namespace pawl::persistence
