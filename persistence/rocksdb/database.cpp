#include "persistence/rocksdb/database.hpp"

#include <algorithm>
#include <utility>

#include <rocksdb/cache.h>

#include "persistence/migrations.hpp"
#include "persistence/rocksdb/status.hpp"
#include "persistence/rocksdb/tuning.hpp"
#include "persistence/rocksdb/wal_recovery.hpp"

namespace pawl::persistence::rocks {
namespace {

/// RocksDB's own family, and then ours in the order of `column`.
descriptors describe_columns(const rocksdb_options& options) {
  const auto cache = rocksdb::NewLRUCache(options.cache_bytes);
  descriptors columns;
  columns.emplace_back(rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions{});
  for (const column where : all_columns)
    columns.emplace_back(family_name(where), column_options(where, cache));
  return columns;
}

/// A store of a newer Pawl may hold columns that we cannot open, let alone keep right.
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
                 doing_to("opening", folder.path) + ": it has a column \"" + name +
                     "\" that this build of Pawl, which reads schema versions up to " +
                     std::to_string(current_schema()) +
                     ", does not know; open it with the newer Pawl that wrote it"};
  }
  return {};
}

/// Reads the logs and decides what is replayed. Changes nothing.
result<wal_check::record_set> judge(const claimed_folder& folder, const rocksdb::DBOptions& options,
                                    const descriptors& columns, bool accept_damage) {
  auto verdict = judge_logs(folder.path);
  if (verdict && verdict->loss) {
    if (const auto first = first_needed_log(folder.path, options, columns); first != 0)
      verdict = judge_logs(folder.path, first);
  }
  if (!verdict) return std::move(verdict).error();
  if (verdict->loss && !accept_damage) return describe(*verdict->loss, folder.path);
  return std::move(verdict->left_out);
}

}  // namespace

result<std::shared_ptr<database>> database::open(claimed_folder folder,
                                                 const rocksdb_options& options) {
  auto settings = database_options(options);
  const auto columns = describe_columns(options);
  const std::string path = folder.path.string();

  if (folder.state == folder_state::unfinished) {
    // Nobody was ever answered by this store. Half of its files may be there.
    const auto removed = rocksdb::DestroyDB(path, rocksdb::Options{settings, {}}, columns);
    if (!removed.ok()) return from_status(removed, "opening", folder.path);
  }
  wal_check::record_set left_out;
  if (folder.state == folder_state::ready) {
    if (auto checked = check_columns(folder, settings, columns); !checked)
      return std::move(checked).error();
    auto judged = judge(folder, settings, columns, options.accept_log_damage);
    if (!judged) return std::move(judged).error();
    left_out = std::move(judged).value();
  } else if (auto marked = mark_folder(folder, folder_state::unfinished, current_schema());
             !marked) {
    return std::move(marked).error();
  }

  std::shared_ptr<database> opened{new database{std::move(folder)}};
  if (!left_out.empty()) {
    opened->filter_ = std::make_unique<leave_out_filter>(std::move(left_out));
    settings.wal_filter = opened->filter_.get();
  }
  opened->environment_ = fenced_environment(opened->gate_);
  settings.env = opened->environment_.get();
  const auto status = opened->folder_.state == folder_state::ready
                          ? opened->open_existing(settings, columns)
                          : opened->create(settings, columns);
  if (!status.ok()) return from_status(status, "opening", opened->path());
  return opened;
}

rocksdb::Status database::open_existing(rocksdb::DBOptions settings, const descriptors& columns) {
  settings.create_missing_column_families = true;  // a migration may want a new one
  return open_with(settings, columns);
}

rocksdb::Status database::create(rocksdb::DBOptions settings, const descriptors& columns) {
  settings.create_if_missing = true;
  // The columns are made together afterwards: each one that RocksDB makes while it opens writes
  // and checks a file of all options.
  const descriptors only_default{columns.begin(), columns.begin() + 1};
  if (auto opened = open_with(settings, only_default); !opened.ok()) return opened;
  handles made;
  const auto created = db_->CreateColumnFamilies({columns.begin() + 1, columns.end()}, &made);
  handles_.insert(handles_.end(), made.begin(), made.end());
  return created;
}

rocksdb::Status database::open_with(const rocksdb::DBOptions& settings,
                                    const descriptors& columns) {
  return open_database(settings, path().string(), columns, handles_, db_);
}

database::~database() {
  if (!db_) return;
  // What these could answer was answered by `store::close` before.
  for (auto* handle : handles_) db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  db_->Close().PermitUncheckedError();
}

result<void> database::flush() {
  rocksdb::FlushOptions options;
  options.wait = true;
  options.allow_write_stall = true;
  const auto status = db_->Flush(options, handles_);
  if (!status.ok()) return from_status(status, "flushing", path());
  return {};
}

}  // namespace pawl::persistence::rocks
