#include "persistence/rocksdb/database_upkeep.hpp"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "persistence/crc32c.hpp"
#include "persistence/migrations.hpp"
#include "persistence/rocksdb/backup_folder.hpp"
#include "persistence/rocksdb/snapshot_view.hpp"
#include "persistence/rocksdb/status.hpp"

namespace pawl::persistence::rocks {
namespace {

namespace fs = std::filesystem;

error stopped(const char* what) {
  return {errc::unavailable, std::string{what} + " was stopped, because the store is being closed"};
}

bool is_within(const fs::path& inner, const fs::path& outer) {
  const auto a = fs::weakly_canonical(inner), b = fs::weakly_canonical(outer);
  return std::mismatch(b.begin(), b.end(), a.begin(), a.end()).first == b.end();
}

result<void> check_place(const fs::path& folder, const fs::path& store) {
  if (folder.empty()) return error{errc::invalid_argument, "the folder for the backup is empty"};
  if (!is_within(folder, store)) return {};
  return error{errc::invalid_argument, "cannot back up to " + folder.string() +
                                           ": it is within the data folder. Choose a folder "
                                           "outside of it, best on another disk"};
}

/// Deletes backups that a crash left incomplete.
result<void> remove_incomplete(rocksdb::BackupEngine& engine, const fs::path& folder) {
  const auto complete = read_descriptions(folder);
  if (!complete) return complete.error();
  std::vector<rocksdb::BackupInfo> all;
  engine.GetBackupInfo(&all);
  for (const auto& each : all) {
    if (complete->contains(each.backup_id)) continue;
    const auto status = engine.DeleteBackup(each.backup_id);
    if (!status.ok()) return from_status(status, "backing up to", folder);
  }
  return {};
}

/// Checks that a folder has no backups of another store: pruning would delete them.
result<void> check_store(const fs::path& folder, const std::string& store) {
  const auto all = read_descriptions(folder);
  if (!all) return all.error();
  for (const auto& [id, description] : *all)
    if (description && description->store != store)
      return error{errc::invalid_argument,
                   "cannot back up to " + folder.string() +
                       ": it has backups of another store. Choose a folder of its own; a restored "
                       "store is another one"};
  return {};
}

}  // namespace

database_upkeep::database_upkeep(std::shared_ptr<database> of, durability mode)
    : database_(std::move(of)), mode_(mode) {}

result<backup_info> database_upkeep::back_up(const fs::path& folder) {
  const std::unique_lock one{one_backup_, std::try_to_lock};
  if (!one) return error{errc::conflict, "a backup is under way; try again when it has ended"};
  if (auto good = check_place(folder, database_->path()); !good) return std::move(good).error();
  if (auto ready = prepare_backup_folder(folder); !ready) return std::move(ready).error();
  const auto lock = lock_backups(folder);
  if (!lock) return lock.error();
  return add_backup(folder);
}

result<backup_info> database_upkeep::add_backup(const fs::path& folder) {
  auto opened = open_backup_engine(folder);
  if (!opened) return std::move(opened).error();
  rocksdb::BackupEngine& engine = *opened->engine;
  std::string store;
  if (const auto found = database_->db().GetDbIdentity(store); !found.ok())
    return from_status(found, "backing up", database_->path());
  if (auto same = check_store(folder, store); !same) return std::move(same).error();
  if (auto removed = remove_incomplete(engine, folder); !removed) return std::move(removed).error();
  {
    const std::lock_guard lock{mutex_};
    making_ = &engine;
  }
  rocksdb::CreateBackupOptions how;
  how.flush_before_backup = mode_ == durability::off;
  how.decrease_background_thread_cpu_priority = true;
  rocksdb::BackupID id = 0;
  // `cancel` may have come before `making_` was set.
  const auto made = cancelled_ ? rocksdb::IOStatus::Aborted()
                               : engine.CreateNewBackup(how, &database_->db(), &id);
  {
    const std::lock_guard lock{mutex_};
    making_ = nullptr;
  }
  if (cancelled_) return stopped("the backup");
  if (!made.ok()) return from_status(made, "backing up", database_->path());
  rocksdb::BackupInfo info;
  if (const auto found = engine.GetBackupInfo(id, &info); !found.ok())
    return from_status(found, "backing up", database_->path());
  const auto meta = read_file(meta_file(folder, id));
  if (!meta) return meta.error();
  const backup_description description{
      {id, from_unix_us(info.timestamp * 1'000'000), info.size, info.number_files},
      current_schema(),
      crc32c(*meta),
      store};
  const int failure =
      replace_durably(description_file(folder, id), encode_description(description));
  if (failure != 0) return from_errno(failure, "backing up to", folder);
  return description.info;
}

std::uint64_t database_upkeep::disk_bytes() const {
  std::uint64_t tables = 0;
  database_->db().GetAggregatedIntProperty(rocksdb::DB::Properties::kLiveSstFilesSize, &tables);
  std::uint64_t blobs = 0;
  database_->db().GetIntProperty(database_->column_handle(column::blobs),
                                 rocksdb::DB::Properties::kLiveBlobFileSize, &blobs);
  return tables + blobs + database_->gauges().log_bytes;
}

result<compaction_result> database_upkeep::compact() {
  const std::lock_guard one{one_compaction_};
  compaction_result space{disk_bytes(), 0};
  rocksdb::CompactRangeOptions how;
  how.exclusive_manual_compaction = false;  // flushes and other compactions go on
  how.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  how.canceled = &cancelled_;
  for (const column where : all_columns) {
    if (cancelled_) return stopped("the compaction");
    const auto status =
        database_->db().CompactRange(how, database_->column_handle(where), nullptr, nullptr);
    if (cancelled_) return stopped("the compaction");
    if (!status.ok()) return from_status(status, "compacting", database_->path());
  }
  space.bytes_after = disk_bytes();
  return space;
}

std::unique_ptr<const view> database_upkeep::stored_values() const {
  return std::make_unique<const snapshot_view>(database_, read_as::stored);
}

void database_upkeep::cancel() noexcept {
  cancelled_ = true;
  const std::lock_guard lock{mutex_};
  if (making_ != nullptr) making_->StopBackup();
}

}  // namespace pawl::persistence::rocks
