#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

#include "persistence/rocksdb/synced_end.hpp"

/// Reads RocksDB's MANIFEST, the list of the tables and logs that make up the database. Pawl reads
/// it before RocksDB does, to learn which logs are needed and to remove what a crash left at its
/// end.
namespace pawl::persistence::rocks {

struct manifest_contents {
  std::string name;  ///< of the file, such as "MANIFEST-000005"
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;  ///< size of the file
  /// Offset of the first record that is damaged or cut off.
  std::optional<std::uint64_t> damage;

  /// False: a record has contents that this code does not know. The next two are not valid then.
  bool understood = true;
  std::uint64_t first_needed_log = 0;  ///< RocksDB replays no log with a lower number
  std::uint64_t last_sequence = 0;     ///< when the tables were last changed
};

/// Reads the MANIFEST that CURRENT names, up to the first damage. Changes nothing. Errors:
/// `corrupt` (a file is missing or CURRENT is damaged), `io_failed`.
[[nodiscard]] result<manifest_contents> read_manifest(const std::filesystem::path& folder);

/// Removes what follows the synced part of the MANIFEST, if some of it is damaged: a crash left it,
/// and nothing depends on it. `known` is the mark of the store; without one nothing is removed.
/// Error `corrupt`: synced bytes are damaged or missing; nothing was changed.
[[nodiscard]] result<void> remove_unsynced_end(const std::filesystem::path& folder,
                                               const manifest_contents& found,
                                               const std::optional<synced_state>& known);

/// The number in a name such as "MANIFEST-000005".
[[nodiscard]] std::optional<std::uint64_t> manifest_number(std::string_view name) noexcept;
/// The number in a name such as "000012.log".
[[nodiscard]] std::optional<std::uint64_t> log_number(std::string_view name) noexcept;

}  // namespace pawl::persistence::rocks
