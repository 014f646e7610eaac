#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <rocksdb/env.h>
#include <rocksdb/utilities/backup_engine.h>

#include <pawl/result.hpp>
#include <pawl/upkeep.hpp>

#include "persistence/rocksdb/folder.hpp"

/// The parts of a folder with backups.
namespace pawl::persistence::rocks {

/// What `pawl/7` says of backup 7. It has a checksum of RocksDB's list of the files of the backup,
/// which has those of the files.
struct backup_description {
  backup_info info;
  std::uint32_t schema = 0;
  std::uint32_t meta_crc = 0;  ///< of the file `meta/7`
  std::string store = {};      ///< RocksDB's identity of the store

  friend bool operator==(const backup_description&, const backup_description&) = default;
};
[[nodiscard]] std::string encode_description(const backup_description& of);
/// Error: `corrupt`.
[[nodiscard]] result<backup_description> decode_description(const std::string& text);

/// The files of one backup.
[[nodiscard]] std::filesystem::path description_file(const std::filesystem::path& folder,
                                                     std::uint32_t id);
[[nodiscard]] std::filesystem::path meta_file(const std::filesystem::path& folder,
                                              std::uint32_t id);
/// Reads a whole file. Errors: `not_found`, `io_failed`.
[[nodiscard]] result<std::string> read_file(const std::filesystem::path& file);

/// The descriptions in a folder, by number. Errors: `not_found` (no folder with backups),
/// `io_failed`.
[[nodiscard]] result<std::map<std::uint32_t, result<backup_description>>> read_descriptions(
    const std::filesystem::path& folder);

/// The numbers of the backups without a description: a crash left them before it was written, or
/// its file is lost. Errors: `io_failed`.
[[nodiscard]] result<std::vector<std::uint32_t>> find_undescribed(
    const std::filesystem::path& folder);

/// Creates the folder if it does not exist. Errors: `invalid_argument` (it has other files),
/// `read_only`, `storage_full`, `io_failed`.
[[nodiscard]] result<void> prepare_backup_folder(const std::filesystem::path& folder);

/// Holds the lock of a folder that backups are added to or removed from. Error: `conflict`.
[[nodiscard]] result<descriptor> lock_backups(const std::filesystem::path& folder);

/// RocksDB's backup engine on a folder. Files are created with the mode 0600.
struct backup_engine {
  std::unique_ptr<rocksdb::Env> environment;  ///< outlives the engine
  std::unique_ptr<rocksdb::BackupEngine> engine;
};
/// Errors as `from_status`.
[[nodiscard]] result<backup_engine> open_backup_engine(const std::filesystem::path& folder);

}  // namespace pawl::persistence::rocks
