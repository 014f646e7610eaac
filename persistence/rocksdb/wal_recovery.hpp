#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rocksdb/options.h>
#include <rocksdb/wal_filter.h>

#include <pawl/result.hpp>

#include "persistence/rocksdb/manifest.hpp"
#include "persistence/rocksdb/open_database.hpp"
#include "persistence/rocksdb/synced_end.hpp"
#include "persistence/rocksdb/wal_check.hpp"

/// Checks the write-ahead logs before RocksDB replays them.
///
/// RocksDB opens with the recovery mode `kPointInTimeRecovery`, the only one that accepts every
/// state that a power failure can leave. On its own, that mode silently drops everything after
/// damage in the middle of a log, and replays records after a gap that reads as zeros or that
/// starts at a record boundary. So the logs are read first: a loss is reported before anything is
/// changed, and records after a gap are hidden from RocksDB.
namespace pawl::persistence::rocks {

struct wal_check_result {
  std::optional<wal_loss> loss;
  wal_check::record_set skipped;  ///< records that must not be replayed
  std::uint64_t last_kept = 0;    ///< the last sequence number before the first gap
};

/// The logs in the folder by number, lowest first. Error: `io_failed`.
[[nodiscard]] result<std::vector<std::pair<std::uint64_t, std::filesystem::path>>> logs_in(
    const std::filesystem::path& folder);

/// Checks every needed log in the folder. The caller holds the folder's lock; the database is
/// closed. Error: `io_failed`.
[[nodiscard]] result<wal_check_result> check_logs(const std::filesystem::path& folder,
                                                  const wal_knowledge& known);

/// What the MANIFEST and the mark of the store say about the logs. `columns` and `options` are used
/// only for a MANIFEST that `read_manifest` did not understand.
[[nodiscard]] wal_knowledge known_of_logs(const std::filesystem::path& folder,
                                          const manifest_contents& tables,
                                          const std::optional<synced_state>& mark,
                                          const rocksdb::DBOptions& options,
                                          const descriptors& columns);

/// Returns the number of the first log that RocksDB would replay records from, or 0 if there is
/// none, by opening the database. Changes nothing in the folder.
[[nodiscard]] std::uint64_t first_needed_log(const std::filesystem::path& folder,
                                             rocksdb::DBOptions options,
                                             const descriptors& columns);

/// "000012.log"
[[nodiscard]] std::string log_name(std::uint64_t number);
/// "write-ahead log 000012.log is damaged at byte 4096"
[[nodiscard]] std::string describe_place(const wal_loss& loss);
/// The error that reports a loss.
[[nodiscard]] error describe(const wal_loss& loss, const std::filesystem::path& folder);

/// Keeps RocksDB from replaying records. Must live until the database is closed.
class skip_filter final : public rocksdb::WalFilter {
 public:
  explicit skip_filter(wal_check::record_set records) : records_(std::move(records)) {}

  WalProcessingOption LogRecordFound(unsigned long long log, const std::string& file,
                                     const rocksdb::WriteBatch& batch,
                                     rocksdb::WriteBatch* new_batch, bool* batch_changed) override;
  const char* Name() const override { return "pawl.skip"; }

 private:
  wal_check::record_set records_;
};

}  // namespace pawl::persistence::rocks
