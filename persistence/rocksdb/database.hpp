#pragma once

#include <memory>
#include <string>
#include <vector>

#include <rocksdb/db.h>
#include <rocksdb/wal_filter.h>

#include <pawl/result.hpp>

#include "persistence/rocksdb/folder.hpp"
#include "persistence/rocksdb/open_database.hpp"
#include "persistence/rocksdb/rocksdb_store.hpp"
#include "persistence/rocksdb/wal_fence.hpp"

namespace pawl::persistence::rocks {

/// An open RocksDB in a folder that is ours. Shared by the store and its views; closed when the
/// last one goes. Safe from any thread, like RocksDB itself.
class database {
 public:
  /// Opens or creates what `folder` is to hold, after its logs were judged. Errors as
  /// `open_rocksdb_store`.
  [[nodiscard]] static result<std::shared_ptr<database>> open(claimed_folder folder,
                                                              const rocksdb_options& options);
  ~database();
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  [[nodiscard]] rocksdb::DB& db() const noexcept { return *db_; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* column_handle(column where) const noexcept {
    return handles_[static_cast<std::size_t>(where) + 1];
  }
  /// Asked before each sync of the log.
  [[nodiscard]] wal_fence& gate() noexcept { return gate_; }
  [[nodiscard]] claimed_folder& folder() noexcept { return folder_; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return folder_.path; }

  /// Writes everything that is in memory to tables, durably. Errors as `store::write`.
  [[nodiscard]] result<void> flush();

 private:
  explicit database(claimed_folder folder) : folder_(std::move(folder)) {}

  rocksdb::Status open_existing(rocksdb::DBOptions settings, const descriptors& columns);
  rocksdb::Status create(rocksdb::DBOptions settings, const descriptors& columns);
  rocksdb::Status open_with(const rocksdb::DBOptions& settings, const descriptors& columns);

  claimed_folder folder_;                       // first, so that the lock outlives RocksDB
  std::unique_ptr<rocksdb::WalFilter> filter_;  // RocksDB keeps pointing to it
  wal_fence gate_;
  std::unique_ptr<rocksdb::Env> environment_;  // likewise
  std::unique_ptr<rocksdb::DB> db_;
  handles handles_;  // RocksDB's own first, then ours
};

}  // namespace pawl::persistence::rocks
