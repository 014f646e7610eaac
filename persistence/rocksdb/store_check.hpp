#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "persistence/values/codec_ptr.hpp"

/// Examines and repairs a store on disk that no process uses.
namespace pawl::persistence {

struct store_damage {
  std::string file;                     ///< name in the data folder
  std::optional<std::uint64_t> offset;  ///< where the damage begins, if known
  std::string column;                   ///< of a table: its column; otherwise empty
  std::string what;                     ///< "damaged: block checksum mismatch …"
  bool is_leftover = false;             ///< belongs to nothing; a repair deletes it without loss
};

struct damaged_run {
  run_key run;
  std::string what;  ///< "changes after the damage" or why it cannot be read
};

struct store_report {
  std::vector<store_damage> damage;  ///< of files
  std::vector<damaged_run> runs;     ///< that lost something, ordered by key
  /// False if there may be others: damaged bytes do not show to which run they belonged.
  bool names_all_runs = true;
  std::uint64_t runs_checked = 0;
  /// Those of them whose data cannot be read because its key is dropped (values/keys_in_use.hpp).
  std::uint64_t runs_given_up = 0;
  std::uint64_t blobs_checked = 0;
  std::uint64_t blobs_unknown = 0;  ///< that runs name and that do not exist: no damage
  bool opens = false;               ///< the store opens in spite of the damage

  /// Whether `repair_rocksdb_store` can repair all of the damage: only logs are damaged, and
  /// records of blobs belong to nothing.
  [[nodiscard]] bool can_be_repaired() const noexcept;
  /// Whether all damage is of the second kind.
  [[nodiscard]] bool has_only_leftovers() const noexcept;
  [[nodiscard]] bool is_good() const noexcept { return damage.empty() && runs.empty(); }
};

/// Reads everything: the MANIFEST, the needed logs, each block of each table, each run and
/// each blob. Changes
/// nothing except what every start does (the damaged unsynced end of a MANIFEST is removed). A
/// store whose creation was interrupted has nothing to check; the next start creates it again.
/// `codec` has the keys of the store. Errors: `not_found` (no store in the folder), and those of
/// `open_rocksdb_store` other than damage.
[[nodiscard]] result<store_report> check_rocksdb_store(const std::filesystem::path& folder,
                                                       values::codec_ptr codec = nullptr);

/// Makes a store with a damaged log open again, at its state before the damage. Everything after
/// that is lost. Returns what was lost. Also deletes records of blobs that belong to nothing. A
/// store without damage is not changed. Errors: as `check_rocksdb_store`, and `not_supported` for
/// damage that cannot be repaired: that of tables and of the MANIFEST.
[[nodiscard]] result<store_report> repair_rocksdb_store(const std::filesystem::path& folder,
                                                        values::codec_ptr codec = nullptr);

/// "000012.log, byte 4096: damaged"
[[nodiscard]] std::string to_text(const store_damage& damage);

}  // namespace pawl::persistence
