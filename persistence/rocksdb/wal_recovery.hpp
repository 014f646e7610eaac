#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include <rocksdb/options.h>
#include <rocksdb/wal_filter.h>

#include <pawl/result.hpp>

#include "persistence/rocksdb/open_database.hpp"
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
};

/// Checks every log in the folder. The caller holds the folder's lock; the database is closed. Logs
/// with numbers below `needed_from` are ignored. Error: `io_failed`.
[[nodiscard]] result<wal_check_result> check_logs(const std::filesystem::path& folder,
                                                  std::uint64_t needed_from = 0);

/// Returns the number of the first log that RocksDB would replay records from, or 0 if there is
/// none. Older logs are obsolete; a crash kept them from being deleted. Changes nothing in the
/// folder.
[[nodiscard]] std::uint64_t first_needed_log(const std::filesystem::path& folder,
                                             rocksdb::DBOptions options,
                                             const descriptors& columns);

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
