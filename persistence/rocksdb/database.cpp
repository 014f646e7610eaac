#include "persistence/rocksdb/database.hpp"

#include <algorithm>
#include <cstdarg>
#include <utility>

#include <rocksdb/cache.h>
#include <rocksdb/env.h>

#include "persistence/migrations.hpp"
#include "persistence/rocksdb/private_files.hpp"
#include "persistence/rocksdb/status.hpp"
#include "persistence/rocksdb/tuning.hpp"
#include "persistence/rocksdb/wal_recovery.hpp"
#include "persistence/values/value_codec.hpp"

namespace pawl::persistence::rocks {
namespace {

/// How often a database is read again because its writer deleted a log meanwhile.
constexpr int max_reads_beside_writer = 20;

/// RocksDB's info log of a database that must not be changed.
class silent_log final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

/// Refuses a store with unknown columns, which a newer Pawl made.
result<void> check_columns(const claimed_folder& folder, const rocksdb::DBOptions& options,
                           const descriptors& known) {
  std::vector<std::string> found;
  const auto listed = rocksdb::DB::ListColumnFamilies(options, folder.path.string(), &found);
  if (!listed.ok()) return from_status(listed, "opening", folder.path);
  for (const auto& name : found) {
    const bool is_known = std::any_of(known.begin(), known.end(),
                                      [&name](const auto& column) { return column.name == name; });
    if (is_known) continue;
    return error{errc::schema_newer,
                 doing_to("opening", folder.path) + ": unknown column \"" + name +
                     "\"; this build of Pawl supports schema versions up to " +
                     std::to_string(current_schema()) + ". Use the newer Pawl that wrote it"};
  }
  return {};
}

/// What the files of a store say before RocksDB opens it.
struct examined {
  std::optional<synced_state> mark;
  wal_check_result logs;
};

/// Removes the unsynced end of the MANIFEST if it is damaged, then checks the columns and the logs.
/// After an error nothing is changed.
result<examined> examine(const claimed_folder& folder, const rocksdb::DBOptions& options,
                         const descriptors& columns, bool accept_loss) {
  examined found;
  found.mark = synced_end::read(folder.path);
  auto tables = read_manifest(folder.path);
  if (!tables) return std::move(tables).error();
  if (auto removed = remove_unsynced_end(folder.path, *tables, found.mark); !removed)
    return std::move(removed).error();
  if (tables->damage) tables = read_manifest(folder.path);
  if (!tables) return std::move(tables).error();
  if (auto checked = check_columns(folder, options, columns); !checked)
    return std::move(checked).error();
  auto logs =
      check_logs(folder.path, known_of_logs(folder.path, *tables, found.mark, options, columns));
  if (!logs) return std::move(logs).error();
  if (logs->loss && !accept_loss) return describe(*logs->loss, folder.path);
  found.logs = std::move(logs).value();
  return found;
}

std::shared_ptr<damage_listener> listen_for_damage(const std::filesystem::path& folder,
                                                   const rocksdb_options& options) {
  return std::make_shared<damage_listener>(
      [folder, report = options.on_damage](const std::string& text) {
        if (!report) return;
        report({errc::corrupt,
                doing_to("compacting", folder) + ": a table is damaged (" + text +
                    "). Runs in the damaged block cannot be read; all others continue, and tables "
                    "are not compacted any more. `pawl store check` names the runs. Restore the "
                    "folder from a backup"});
      });
}

}  // namespace

descriptors describe_columns(const rocksdb_options& options) {
  const auto cache = rocksdb::NewLRUCache(options.cache_bytes);
  descriptors columns;
  columns.emplace_back(rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions{});
  for (const column where : all_columns)
    columns.emplace_back(family_name(where), column_options(where, cache));
  return columns;
}

result<std::shared_ptr<database>> database::open(claimed_folder folder,
                                                 const rocksdb_options& options, on_log_loss loss) {
  auto settings = database_options(options);
  const auto columns = describe_columns(options);
  const std::string path = folder.path.string();

  if (folder.state == folder_state::unfinished) {
    // Opening this store never succeeded, so it holds nothing. Remove what files there are.
    const auto removed = rocksdb::DestroyDB(path, rocksdb::Options{settings, {}}, columns);
    if (!removed.ok()) return from_status(removed, "opening", folder.path);
  }
  examined found;
  if (folder.state == folder_state::ready) {
    auto checked = examine(folder, settings, columns, loss == on_log_loss::accept);
    if (!checked) return std::move(checked).error();
    found = std::move(checked).value();
  } else {
    if (auto forgotten = forget_synced(folder.path); !forgotten)
      return std::move(forgotten).error();
    if (auto written = write_marker(folder, folder_state::unfinished, current_schema()); !written)
      return std::move(written).error();
  }

  std::shared_ptr<database> opened{new database{std::move(folder), options}};
  auto mark = synced_end::open(opened->path(), found.mark.value_or(synced_state{}));
  if (!mark) return std::move(mark).error();
  opened->mark_ = std::move(mark).value();
  if (!found.logs.skipped.empty()) {
    opened->filter_ = std::make_unique<skip_filter>(std::move(found.logs.skipped));
    settings.wal_filter = opened->filter_.get();
  }
  opened->environment_ = private_environment(fenced_environment(opened->fence_, *opened->mark_));
  settings.env = opened->environment_.get();
  opened->damage_ = listen_for_damage(opened->path(), options);
  settings.listeners.push_back(opened->damage_);
  const auto status = opened->folder_.state == folder_state::ready
                          ? opened->open_existing(settings, columns)
                          : opened->create(settings, columns);
  if (!status.ok()) return from_status(status, "opening", opened->path());
  const bool promised_writes = options.mode != durability::sync;
  const auto last = opened->db_->GetLatestSequenceNumber();
  if (auto begun = opened->mark_->begin(last, current_boot(), promised_writes); !begun)
    return std::move(begun).error();
  return opened;
}

result<std::shared_ptr<database>> database::open_read_only(claimed_folder folder,
                                                           const rocksdb_options& options,
                                                           wal_check::record_set skipped) {
  std::shared_ptr<database> opened{new database{std::move(folder), options}};
  auto settings = database_options(options);
  opened->filter_ = std::make_unique<skip_filter>(std::move(skipped));
  settings.wal_filter = opened->filter_.get();
  settings.info_log = std::make_shared<silent_log>();
  const auto status = rocks::open_read_only(
      settings, opened->path().string(), describe_columns(options), opened->handles_, opened->db_);
  if (!status.ok()) return from_status(status, "opening", opened->path());
  return opened;
}

result<std::shared_ptr<database>> database::open_beside_writer(claimed_folder folder,
                                                               const rocksdb_options& options) {
  auto own_files = temporary_folder::make("pawl-read");
  if (!own_files) return std::move(own_files).error();
  std::shared_ptr<database> opened{new database{std::move(folder), options}};
  opened->own_files_ = *std::move(own_files);
  auto settings = database_options(options);
  settings.max_open_files = -1;  // an open table stays readable after its writer has deleted it
  settings.info_log = std::make_shared<silent_log>();
  const auto columns = describe_columns(options);
  rocksdb::Status status;
  for (int i = 0; i < max_reads_beside_writer; ++i) {
    const auto before = logs_in(opened->path());
    if (!before) return before.error();
    status = opened->db_ ? opened->db_->TryCatchUpWithPrimary()
                         : open_secondary(settings, opened->path().string(),
                                          opened->own_files_->path().string(), columns,
                                          opened->handles_, opened->db_);
    if (!status.ok()) continue;  // a file was deleted after it had been listed
    const auto after = logs_in(opened->path());
    if (!after) return after.error();
    // RocksDB reads the MANIFEST, then the logs. Records in a log that was deleted in between are
    // in tables that the next MANIFEST names.
    if (std::includes(after->begin(), after->end(), before->begin(), before->end())) return opened;
  }
  if (!status.ok()) return from_status(status, "reading", opened->path());
  return error{errc::unavailable,
               doing_to("reading", opened->path()) +
                   ": the process that has it open deletes logs faster than they are read. Try "
                   "again, or use --server URL"};
}

rocksdb::Status database::open_existing(const rocksdb::DBOptions& settings,
                                        const descriptors& columns) {
  const auto status = open_columns_found(settings, path().string(), columns, handles_, db_);
  if (std::find(handles_.begin(), handles_.end(), nullptr) != handles_.end()) described_ = columns;
  return status;
}

result<void> database::create_missing_columns() {
  for (std::size_t i = 0; i < described_.size(); ++i) {
    if (handles_[i] != nullptr) continue;
    const auto status =
        db_->CreateColumnFamily(described_[i].options, described_[i].name, &handles_[i]);
    if (!status.ok()) return from_status(status, "opening", path());
  }
  described_.clear();
  return {};
}

rocksdb::Status database::create(rocksdb::DBOptions settings, const descriptors& columns) {
  settings.create_if_missing = true;
  // The columns are created together afterwards. RocksDB writes and checks a file of all options
  // for each column that it creates while it opens.
  const descriptors only_default{columns.begin(), columns.begin() + 1};
  if (auto opened = open_with(settings, only_default); !opened.ok()) return opened;
  handles created_handles;
  const auto created =
      db_->CreateColumnFamilies({columns.begin() + 1, columns.end()}, &created_handles);
  handles_.insert(handles_.end(), created_handles.begin(), created_handles.end());
  return created;
}

rocksdb::Status database::open_with(const rocksdb::DBOptions& settings,
                                    const descriptors& columns) {
  return open_database(settings, path().string(), columns, handles_, db_);
}

database::database(claimed_folder folder, const rocksdb_options& options)
    : folder_(std::move(folder)),
      codec_(options.codec ? options.codec : std::make_shared<const values::value_codec>()) {}

database::~database() {
  if (!db_) return;
  // `store::close` has reported any error before.
  for (auto* handle : handles_)
    if (handle != nullptr) db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  db_->Close().PermitUncheckedError();
}

void database::avoid_damage() {
  if (!damage_ || !damage_->take_new()) return;
  // If this fails, compactions read the damaged block again, about once a second.
  for (auto* handle : handles_)
    if (handle != nullptr)
      db_->SetOptions(handle, {{"disable_auto_compactions", "true"}}).PermitUncheckedError();
}

store_gauges database::gauges() const {
  using properties = rocksdb::DB::Properties;
  const auto number = [this](const std::string& property) {
    std::uint64_t value = 0;
    db_->GetIntProperty(property, &value);
    return value;
  };
  const auto sum = [this](const std::string& property) {
    std::uint64_t value = 0;
    db_->GetAggregatedIntProperty(property, &value);
    return value;
  };
  store_gauges now;
  rocksdb::VectorLogPtr logs;
  if (db_->GetSortedWalFiles(logs).ok())
    for (const auto& log : logs) now.log_bytes += log->SizeFileBytes();
  now.memtable_bytes = sum(properties::kCurSizeAllMemTables);
  now.cache_bytes = number(properties::kBlockCacheUsage);
  now.pending_compaction_bytes = sum(properties::kEstimatePendingCompactionBytes);
  now.delayed_write_rate = number(properties::kActualDelayedWriteRate);
  now.writes_stopped = number(properties::kIsWriteStopped) != 0;
  for (const column where : all_columns) {
    std::string tables;
    if (db_->GetProperty(column_handle(where), properties::kNumFilesAtLevelPrefix + "0", &tables))
      now.level0_tables = std::max<std::uint64_t>(now.level0_tables, std::stoull(tables));
  }
  return now;
}

result<void> database::flush(flush_mode how) {
  rocksdb::FlushOptions options;
  options.wait = how == flush_mode::finish;
  options.allow_write_stall = true;
  handles present = handles_;
  std::erase(present, nullptr);
  const auto status = db_->Flush(options, present);
  if (!status.ok()) return from_status(status, "flushing", path());
  return {};
}

}  // namespace pawl::persistence::rocks
