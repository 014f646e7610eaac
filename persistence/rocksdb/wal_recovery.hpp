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

/// What is done about the write-ahead logs before RocksDB replays them.
///
/// RocksDB is opened in its recovery mode `kPointInTimeRecovery`, the only one that accepts every
/// end that a loss of power can leave. But alone it would also drop, without a word, everything
/// behind damage in the middle of a log, and would replay records behind a hole that happens to
/// read as zeros or to begin at a record's border. So the logs are read first: what must not be is
/// reported before anything is changed, and what must be forgotten is kept from RocksDB.
namespace pawl::persistence::rocks {

struct wal_verdict {
  std::optional<wal_loss> loss;
  wal_check::record_set left_out;
};

/// Reads every log in the folder, which is locked by us and closed. Error: `io_failed`.
[[nodiscard]] result<wal_verdict> judge_logs(const std::filesystem::path& folder,
                                             std::uint64_t needed_from = 0);

/// The number of the first log that RocksDB would replay something from; 0 if there is none. Older
/// ones are remains that a crash kept from being deleted. Changes nothing in the folder.
[[nodiscard]] std::uint64_t first_needed_log(
    const std::filesystem::path& folder, rocksdb::DBOptions options, const descriptors& columns);

/// The sentence for a loss.
[[nodiscard]] error describe(const wal_loss& loss, const std::filesystem::path& folder);

/// Keeps records from being replayed. Must live until the database is open.
class leave_out_filter final : public rocksdb::WalFilter {
 public:
  explicit leave_out_filter(wal_check::record_set records) : records_(std::move(records)) {}

  WalProcessingOption LogRecordFound(unsigned long long log, const std::string& file,
                                     const rocksdb::WriteBatch& batch,
                                     rocksdb::WriteBatch* new_batch, bool* batch_changed) override;
  const char* Name() const override { return "pawl.leave_out"; }

 private:
  wal_check::record_set records_;
};

}  // namespace pawl::persistence::rocks
