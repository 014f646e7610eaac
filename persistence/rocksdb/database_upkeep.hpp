#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include <rocksdb/utilities/backup_engine.h>

#include "persistence/rocksdb/database.hpp"
#include "persistence/store_upkeep.hpp"

namespace pawl::persistence::rocks {

/// Backups and compactions of an open database.
///
/// A backup copies the tables and the logs as they are: nothing is flushed, so writers do not wait.
/// Only in the mode `off`, which has no log, the memtables of all columns are flushed first,
/// together.
class database_upkeep final : public store_upkeep {
 public:
  database_upkeep(std::shared_ptr<database> of, durability mode);

  result<backup_info> back_up(const std::filesystem::path& folder) override;
  result<compaction_result> compact() override;
  [[nodiscard]] std::unique_ptr<const view> stored_values() const override;
  void cancel() noexcept override;

 private:
  [[nodiscard]] result<backup_info> add_backup(const std::filesystem::path& folder);
  [[nodiscard]] std::uint64_t disk_bytes() const;

  const std::shared_ptr<database> database_;
  const durability mode_;
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;                         ///< guards `making_`
  rocksdb::BackupEngine* making_ = nullptr;  ///< the backup under way
  std::mutex one_backup_;                    ///< held during a backup
  std::mutex one_compaction_;                ///< held during a compaction
};

}  // namespace pawl::persistence::rocks
