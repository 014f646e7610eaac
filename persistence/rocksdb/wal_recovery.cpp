#include "persistence/rocksdb/wal_recovery.hpp"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include <rocksdb/write_batch.h>

#include "persistence/rocksdb/status.hpp"
#include "persistence/rocksdb/wal_reader.hpp"

namespace pawl::persistence::rocks {
namespace {

namespace fs = std::filesystem;

class checking_sink final : public wal_sink {
 public:
  explicit checking_sink(wal_check& check) : check_(check) {}

  void on_record(std::uint64_t offset, std::string_view content) override {
    if (const auto entry = parse_entry(content)) {
      check_.on_entry(offset, *entry);
    } else {
      check_.on_damage(offset, false);
    }
  }
  void on_damage(const wal_damage& damage) override {
    check_.on_damage(damage.offset, damage.truncated);
  }

 private:
  wal_check& check_;
};

/// Records the first log that RocksDB reads, and replays nothing.
class first_log_filter final : public rocksdb::WalFilter {
 public:
  WalProcessingOption LogRecordFound(unsigned long long log, const std::string&,
                                     const rocksdb::WriteBatch&, rocksdb::WriteBatch*,
                                     bool*) override {
    if (first_ == 0) first_ = log;
    return WalProcessingOption::kIgnoreCurrentRecord;
  }
  const char* Name() const override { return "pawl.first_log"; }
  [[nodiscard]] std::uint64_t first() const noexcept { return first_; }

 private:
  std::uint64_t first_ = 0;
};

}  // namespace

result<std::vector<std::pair<std::uint64_t, fs::path>>> logs_in(const fs::path& folder) {
  std::vector<std::pair<std::uint64_t, fs::path>> logs;
  std::error_code failed;
  fs::directory_iterator entry{folder, failed};
  for (; !failed && entry != fs::directory_iterator{}; entry.increment(failed)) {
    if (const auto number = log_number(entry->path().filename().string()))
      logs.emplace_back(*number, entry->path());
  }
  if (failed) return from_errno(failed.value(), "opening", folder);
  std::sort(logs.begin(), logs.end());
  return logs;
}

result<wal_check_result> check_logs(const fs::path& folder, const wal_knowledge& known) {
  auto logs = logs_in(folder);
  if (!logs) return std::move(logs).error();
  wal_check check{known};
  checking_sink sink{check};
  for (const auto& [number, file] : *logs) {
    if (!check.needs(number)) continue;
    check.begin_log(number);
    if (auto read = read_wal(file, sink); !read) return std::move(read).error();
  }
  check.finish();
  return wal_check_result{check.loss(), check.skipped(), check.last_kept()};
}

wal_knowledge known_of_logs(const fs::path& folder, const manifest_contents& tables,
                            const std::optional<synced_state>& mark,
                            const rocksdb::DBOptions& options, const descriptors& columns) {
  wal_knowledge known;
  known.boot = current_boot();
  known.first_needed_log =
      tables.understood ? tables.first_needed_log : first_needed_log(folder, options, columns);
  known.in_tables = tables.understood ? tables.last_sequence : 0;
  if (!mark) return known;
  known.first_sequence = mark->start_of_logs(known.first_needed_log).value_or(0);
  known.synced = mark->sequence;
  if (!tables.understood && known.first_sequence == 0) known.synced = 0;  // the end is unknown
  known.synced_is_exact = mark->boot == known.boot && known.boot != 0 && !mark->promised_writes;
  return known;
}

std::uint64_t first_needed_log(const fs::path& folder, rocksdb::DBOptions options,
                               const descriptors& columns) {
  first_log_filter filter;
  options.wal_filter = &filter;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
  options.create_if_missing = false;
  options.create_missing_column_families = false;
  handles of_columns;
  std::unique_ptr<rocksdb::DB> db;
  const auto opened = open_read_only(options, folder.string(), columns, of_columns, db);
  if (!opened.ok()) return 0;  // the real opening reports why
  for (auto* handle : of_columns)
    if (handle != nullptr) db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  return filter.first();
}

std::string log_name(std::uint64_t number) {
  std::string name = std::to_string(number);
  return name.insert(0, name.size() < 6 ? 6 - name.size() : 0, '0') + ".log";
}

std::string describe_place(const wal_loss& loss) {
  if (loss.damaged) {
    return "write-ahead log " + log_name(loss.log) + " is damaged at byte " +
           std::to_string(loss.offset);
  }
  return "the write-ahead log lacks records after " + log_name(loss.log) + ", byte " +
         std::to_string(loss.offset);
}

error describe(const wal_loss& loss, const fs::path& folder) {
  return {errc::corrupt,
          doing_to("opening", folder) + ": " + describe_place(loss) +
              (loss.is_certain ? ", and the missing records had been acknowledged"
                               : ", where acknowledged records may have been") +
              "; nothing was changed. Restore the "
              "folder from a backup, or run `pawl store repair --accept-loss`, which loses "
              "everything after this point and lists the runs that it loses"};
}

rocksdb::WalFilter::WalProcessingOption skip_filter::LogRecordFound(
    unsigned long long log, const std::string&, const rocksdb::WriteBatch& batch,
    rocksdb::WriteBatch*, bool*) {
  const auto entry = parse_entry(batch.Data());
  const bool skip = entry && records_.contains({log, entry->first_sequence});
  return skip ? WalProcessingOption::kIgnoreCurrentRecord
              : WalProcessingOption::kContinueProcessing;
}

}  // namespace pawl::persistence::rocks
