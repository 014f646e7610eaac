#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <rocksdb/db.h>
#include <rocksdb/wal_filter.h>

#include <pawl/result.hpp>

#include "persistence/rocksdb/damage_listener.hpp"
#include "persistence/rocksdb/folder.hpp"
#include "persistence/rocksdb/open_database.hpp"
#include "persistence/rocksdb/rocksdb_store.hpp"
#include "persistence/rocksdb/synced_end.hpp"
#include "persistence/rocksdb/temporary_folder.hpp"
#include "persistence/rocksdb/wal_check.hpp"
#include "persistence/rocksdb/wal_fence.hpp"

namespace pawl::persistence::rocks {

/// RocksDB's default family, then one family per column, in the order of `column`.
[[nodiscard]] descriptors describe_columns(const rocksdb_options& options);

enum class flush_mode : std::uint8_t { begin, finish };

/// An open RocksDB database in a claimed folder. The store and its views share it; the last one
/// closes it. Thread-safe, like RocksDB itself.
class database {
 public:
  /// Checks the logs in `folder`, then opens or creates the database. Errors as
  /// `open_rocksdb_store`.
  enum class on_log_loss : std::uint8_t { refuse, accept };
  [[nodiscard]] static result<std::shared_ptr<database>> open(
      claimed_folder folder, const rocksdb_options& options,
      on_log_loss loss = on_log_loss::refuse);
  /// Opens the database without changing anything. `skipped` are not replayed. It can only be read.
  [[nodiscard]] static result<std::shared_ptr<database>> open_read_only(
      claimed_folder folder, const rocksdb_options& options, wal_check::record_set skipped);
  /// Opens a database that another process has open, with everything that this process wrote before
  /// the call, and changes nothing in its folder. What is read stays as it was at the opening. It
  /// can only be read. `folder`: as `find_open_folder` returned it.
  [[nodiscard]] static result<std::shared_ptr<database>> open_beside_writer(
      claimed_folder folder, const rocksdb_options& options);
  ~database();
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  [[nodiscard]] rocksdb::DB& db() const noexcept { return *db_; }
  /// Creates the columns that are newer than the store. From then on builds that do not know them
  /// cannot open it, so check and mark the store first. Nothing else may use the database
  /// meanwhile.
  [[nodiscard]] result<void> create_missing_columns();
  /// Null in a store that is older than the column, until `create_missing_columns`.
  [[nodiscard]] rocksdb::ColumnFamilyHandle* column_handle(column where) const noexcept {
    return handles_[static_cast<std::size_t>(where) + 1];
  }
  /// Consulted before each sync of the log.
  [[nodiscard]] wal_fence& fence() noexcept { return fence_; }
  /// Learns what is written and synced.
  [[nodiscard]] synced_end& mark() noexcept { return *mark_; }
  [[nodiscard]] claimed_folder& folder() noexcept { return folder_; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return folder_.path; }
  /// How values are stored.
  [[nodiscard]] const values::value_codec& codec() const noexcept { return *codec_; }

  /// True if reads need a snapshot to see one state: the database changes.
  [[nodiscard]] bool has_snapshots() const noexcept { return !own_files_; }

  /// Stops compactions if a damaged table was found. Call before each write.
  void avoid_damage();

  /// As `store::gauges`.
  [[nodiscard]] store_gauges gauges() const;

  /// Writes all memtables to tables and syncs them, or only begins to. Errors as `store::write`.
  [[nodiscard]] result<void> flush(flush_mode how);

 private:
  database(claimed_folder folder, const rocksdb_options& options);

  rocksdb::Status open_existing(const rocksdb::DBOptions& settings, const descriptors& columns);
  rocksdb::Status create(rocksdb::DBOptions settings, const descriptors& columns);
  rocksdb::Status open_with(const rocksdb::DBOptions& settings, const descriptors& columns);

  claimed_folder folder_;                       // first: the lock must outlive the database
  values::codec_ptr codec_;                     // never null
  std::unique_ptr<rocksdb::WalFilter> filter_;  // the database keeps a pointer to it
  wal_fence fence_;
  std::unique_ptr<synced_end> mark_;
  std::unique_ptr<rocksdb::Env> environment_;  // so do its files
  std::shared_ptr<damage_listener> damage_;
  std::unique_ptr<temporary_folder> own_files_;  // beside a writer only
  std::unique_ptr<rocksdb::DB> db_;
  handles handles_;        // the default family, then one per column
  descriptors described_;  // in the same order, if a column is missing
};

}  // namespace pawl::persistence::rocks
