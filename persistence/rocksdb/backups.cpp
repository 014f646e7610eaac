#include "persistence/rocksdb/backups.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <pawl/assert.hpp>

#include "persistence/crc32c.hpp"
#include "persistence/migrations.hpp"
#include "persistence/rocksdb/backup_folder.hpp"
#include "persistence/rocksdb/rocksdb_store.hpp"
#include "persistence/rocksdb/status.hpp"

namespace pawl::persistence {
namespace {

namespace fs = std::filesystem;
using namespace rocks;

constexpr auto restoring_name = ".pawl-restoring";

error of_backup(error failure, const fs::path& folder, std::uint32_t id) {
  failure.message =
      "backup " + std::to_string(id) + " in " + folder.string() + ": " + failure.message;
  return failure;
}

error without_description(const fs::path& folder, std::uint32_t id) {
  return of_backup({errc::corrupt, "its description " + description_file(folder, id).string() +
                                       " is missing: the backup is not complete, or the file is "
                                       "lost. The next backup removes it"},
                   folder, id);
}

/// The description of a backup; of the newest, if no number is given. Takes no older backup in
/// place of one without a description.
result<backup_description> find_backup(const fs::path& folder, std::optional<std::uint32_t> id) {
  auto all = read_descriptions(folder);
  if (!all) return std::move(all).error();
  const auto undescribed = find_undescribed(folder);
  if (!undescribed) return undescribed.error();
  for (const auto each : *undescribed) {
    const bool is_newest = all->empty() || each > all->rbegin()->first;
    if (id ? *id != each : !is_newest) continue;
    auto failure = without_description(folder, each);
    if (!id && !all->empty())
      failure.message += "; --id " + std::to_string(all->rbegin()->first) + " takes an older one";
    return failure;
  }
  if (all->empty()) return error{errc::not_found, "no backups in " + folder.string()};
  const auto found = id ? all->find(*id) : std::prev(all->end());
  if (found == all->end())
    return error{errc::not_found,
                 "no such backup in " + folder.string() + ": " + std::to_string(*id)};
  if (!found->second) return of_backup(found->second.error(), folder, found->first);
  return *found->second;
}

/// Checks every byte of a backup, but those of its description.
result<void> check_files(const fs::path& folder, const backup_description& of) {
  const auto meta = read_file(meta_file(folder, of.info.id));
  if (!meta) return error{errc::corrupt, meta.error().message};
  if (crc32c(*meta) != of.meta_crc) return error{errc::corrupt, "the list of its files is damaged"};
  auto opened = open_backup_engine(folder);
  if (!opened) return std::move(opened).error();
  const auto status = opened->engine->VerifyBackup(of.info.id, true);
  if (status.ok()) return {};
  if (status.IsIOError() && !status.IsPathNotFound()) return from_status(status, "reading", folder);
  return error{errc::corrupt,
               "a file is damaged or missing (" + status.ToString() + "). Use another backup"};
}

result<void> move_all(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::directory_iterator entry{from, failed};
  for (; !failed && entry != fs::directory_iterator{}; entry.increment(failed)) {
    fs::rename(entry->path(), to / entry->path().filename(), failed);
    if (failed) break;
  }
  if (!failed) fs::remove(from, failed);
  if (failed) return from_errno(failed.value(), "restoring", to);
  return {};
}

result<claimed_folder> claim_target(const fs::path& target) {
  auto claimed = claim_folder(target);
  if (!claimed) return claimed;
  if (claimed->state == folder_state::fresh) return claimed;
  return error{errc::invalid_argument, "cannot restore to " + target.string() +
                                           ": the folder has a store. Choose an empty or a new "
                                           "folder"};
}

/// A new store may share its folder with hidden files, but a restored one replaces what is there.
result<void> check_no_hidden_files(const fs::path& target) {
  std::error_code failed;
  fs::directory_iterator entry{target, failed};
  for (; !failed && entry != fs::directory_iterator{}; entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (name.front() != '.' || name == restoring_name) continue;
    return error{errc::invalid_argument, "cannot restore to " + target.string() +
                                             ": the folder is not empty, it has the hidden file " +
                                             name + ". Choose an empty or a new folder"};
  }
  if (failed) return from_errno(failed.value(), "restoring", target);
  return {};
}

/// Copies the files of a backup, and marks the folder as a store at the end.
result<void> copy_backup(const fs::path& folder, const backup_description& from,
                         claimed_folder& target) {
  const fs::path part = target.path / restoring_name;
  std::error_code failed;
  fs::remove_all(part, failed);
  auto opened = open_backup_engine(folder);
  if (!opened) return std::move(opened).error();
  // RocksDB deletes what else is in the folder that it restores to.
  const auto status =
      opened->engine->RestoreDBFromBackup(from.info.id, part.string(), part.string());
  if (!status.ok()) return from_status(status, "restoring", target.path);
  if (auto moved = move_all(part, target.path); !moved) return moved;
  return write_marker(target, folder_state::ready, from.schema);
}

}  // namespace

result<std::vector<listed_backup>> list_backups(const fs::path& folder) {
  const auto all = read_descriptions(folder);
  if (!all) return all.error();
  const auto undescribed = find_undescribed(folder);
  if (!undescribed) return undescribed.error();
  std::vector<listed_backup> listed;
  for (const auto& [id, description] : *all) {
    listed.push_back({id, description ? result<backup_info>{description->info}
                                      : of_backup(description.error(), folder, id)});
  }
  for (const auto id : *undescribed) listed.push_back({id, without_description(folder, id)});
  std::sort(listed.begin(), listed.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return listed;
}

result<backup_info> verify_backup(const fs::path& folder, std::optional<std::uint32_t> id) {
  const auto found = find_backup(folder, id);
  if (!found) return found.error();
  if (auto good = check_files(folder, *found); !good)
    return of_backup(std::move(good).error(), folder, found->info.id);
  return found->info;
}

result<backup_info> restore_backup(const fs::path& folder, std::optional<std::uint32_t> id,
                                   const fs::path& target) {
  const auto found = find_backup(folder, id);
  if (!found) return found.error();
  if (found->schema > current_schema())
    return of_backup(newer_schema(found->schema, current_schema()), folder, found->info.id);
  {
    auto claimed = claim_target(target);
    if (!claimed) return std::move(claimed).error();
    if (auto empty = check_no_hidden_files(target); !empty) return std::move(empty).error();
    if (auto good = check_files(folder, *found); !good)
      return of_backup(std::move(good).error(), folder, found->info.id);
    if (auto copied = copy_backup(folder, *found, *claimed); !copied)
      return std::move(copied).error();
  }
  rocksdb_options options;
  options.needs_keys = false;  // they are not in the backup, and nothing here reads a value
  auto opened = open_rocksdb_store(target, options);
  if (!opened) return std::move(opened).error();
  if (auto closed = (*opened)->close(); !closed) return std::move(closed).error();
  return found->info;
}

result<std::size_t> prune_backups(const fs::path& folder, std::uint32_t keep) {
  PAWL_ASSERT(keep > 0, "the newest backup stays");
  const auto all = read_descriptions(folder);
  if (!all) return all.error();
  const auto lock = lock_backups(folder);
  if (!lock) return lock.error();
  auto opened = open_backup_engine(folder);
  if (!opened) return std::move(opened).error();
  std::size_t pruned = 0;
  for (auto each = all->begin(); all->size() - pruned > keep; ++each, ++pruned) {
    // First its description: half of a backup must not look like one.
    std::error_code failed;
    std::filesystem::remove(description_file(folder, each->first), failed);
    if (failed) return from_errno(failed.value(), "removing a backup of", folder);
    const auto status = opened->engine->DeleteBackup(each->first);
    if (!status.ok() && !status.IsNotFound())
      return from_status(status, "removing a backup of", folder);
  }
  if (const auto status = opened->engine->GarbageCollect(); !status.ok())
    return from_status(status, "removing backups of", folder);
  return pruned;
}

}  // namespace pawl::persistence
