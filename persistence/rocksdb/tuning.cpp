#include "persistence/rocksdb/tuning.hpp"

#include <algorithm>
#include <cstdint>

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include "persistence/rocksdb/counter_merge.hpp"

namespace pawl::persistence::rocks {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

/// The fastest one that this build of RocksDB has.
rocksdb::CompressionType best_compression() {
  const auto supported = rocksdb::GetSupportedCompressions();
  for (const auto type : {rocksdb::kLZ4Compression, rocksdb::kSnappyCompression}) {
    if (std::find(supported.begin(), supported.end(), type) != supported.end()) return type;
  }
  return rocksdb::kNoCompression;
}

/// A Bloom filter speeds up only point lookups of keys that are often absent. Checkpoints and indexes
/// are read by range, and a counter is almost always there.
bool wants_filter(column where) {
  return where == column::flows || where == column::runs;
}

}  // namespace

std::string family_name(column where) {
  return std::string{to_string(where)};
}

rocksdb::DBOptions database_options(const rocksdb_options& chosen) {
  rocksdb::DBOptions options;

  // Checks. Nothing that fails one is read as data.
  options.paranoid_checks = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;  // wal_recovery.hpp

  // The log. Every write is in the operating system's hands when it returns, and `SyncWAL` may run
  // beside the next one: both need plain files, written at once, by one queue. Replaying bounds
  // the time to start after a crash (about 0.3 s for this much), so it is kept short by flushing.
  options.manual_wal_flush = false;
  options.allow_mmap_writes = false;
  options.two_write_queues = false;
  options.recycle_log_file_num = 0;
  options.avoid_flush_during_recovery = false;  // what was recovered is durable once it is open
  options.max_total_wal_size = 32 * mib;

  // A failed write stops the store until it is opened anew. RocksDB's own attempts to recover from
  // a full disk would change the log behind our back, and may run into an assertion of the library.
  options.max_bgerror_resume_count = 0;

  // One thread writes, in batches that were put together before: no queue to overlap, no memtable
  // to share.
  options.enable_pipelined_write = false;
  options.allow_concurrent_memtable_write = false;

  // Without a log the columns must reach the disk together.
  options.atomic_flush = chosen.mode == durability::off;

  // Two cores: one flush and one compaction beside the writer. Their files are handed to the disk
  // bit by bit, so that a sync of the log does not queue behind megabytes.
  options.max_background_jobs = 2;
  options.bytes_per_sync = mib;
  options.avoid_unnecessary_blocking_io = true;  // deletions not on the threads that read

  // Starting up takes the same time whatever the size of the store.
  options.max_open_files = 512;
  options.max_file_opening_threads = 1;  // else each column starts 16 threads, for few files
  options.skip_stats_update_on_db_open = true;

  // RocksDB's log for people: warnings, a megabyte at a time.
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.max_log_file_size = mib;
  options.keep_log_file_num = 3;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions column_options(column where,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;  // so that cache_bytes bounds them too
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;  // what RocksDB 7.8 and 9.10 both read and write
  if (wants_filter(where)) table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));

  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = best_compression();
  options.level_compaction_dynamic_level_bytes = true;
  options.write_buffer_size = 16 * mib;
  options.max_write_buffer_number = 3;  // one is filled while two are flushed

  if (where == column::counters) {
    options.merge_operator = std::make_shared<counter_merge>();
    options.max_successive_merges = 32;  // so that reading a busy counter stays cheap
    options.write_buffer_size = 4 * mib;
  }
  return options;
}

rocksdb::WriteOptions write_options(durability mode) {
  rocksdb::WriteOptions options;
  options.sync = false;  // `store::sync` does, beside the next write
  options.disableWAL = mode == durability::off;
  return options;
}

}  // namespace pawl::persistence::rocks
