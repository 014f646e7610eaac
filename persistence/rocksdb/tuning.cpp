#include "persistence/rocksdb/tuning.hpp"

#include <algorithm>
#include <cstdint>

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <rocksdb/write_buffer_manager.h>

#include "persistence/descriptors.hpp"
#include "persistence/keys.hpp"

namespace pawl::persistence::rocks {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

/// A table is compacted if this many of so many entries in a row are deletions.
constexpr std::size_t deletions_window = 4096;
constexpr std::size_t deletions_to_compact = 2048;
constexpr std::size_t blob_deletions_window = 128;
constexpr std::size_t blob_deletions_to_compact = 32;

/// The fastest compression that this build of RocksDB supports.
rocksdb::CompressionType best_compression() {
  const auto supported = rocksdb::GetSupportedCompressions();
  for (const auto type : {rocksdb::kLZ4Compression, rocksdb::kSnappyCompression}) {
    if (std::find(supported.begin(), supported.end(), type) != supported.end()) return type;
  }
  return rocksdb::kNoCompression;
}

/// A Bloom filter speeds up only point lookups of keys that are often absent. Checkpoints and
/// indexes are read by range, and a counter is almost always there.
bool wants_filter(column where) {
  return where == column::flows || where == column::runs;
}

}  // namespace

std::string family_name(column where) {
  return std::string{to_string(where)};
}

rocksdb::DBOptions database_options(const rocksdb_options& chosen) {
  rocksdb::DBOptions options;

  // Checks. Data that fails one is never returned.
  options.paranoid_checks = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;  // wal_recovery.hpp

  // The log. A write has reached the operating system when it returns, and `SyncWAL` may run during
  // the next write. Both need ordinary files, unbuffered writes and a single write queue.
  options.manual_wal_flush = false;
  options.allow_mmap_writes = false;
  options.two_write_queues = false;
  options.recycle_log_file_num = 0;
  options.avoid_flush_during_recovery = false;  // recovered data is durable once the store is open
  options.max_total_wal_size = chosen.log_bytes;
  options.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(chosen.memtable_bytes);

  // A failed write stops the store until it is reopened. RocksDB's automatic recovery from a full
  // disk would change the log meanwhile, and can hit an assertion of the library.
  options.max_bgerror_resume_count = 0;

  // One thread writes batches that are already grouped: there is nothing to pipeline, and no other
  // thread to share the memtable with.
  options.enable_pipelined_write = false;
  options.allow_concurrent_memtable_write = false;

  // Without a log the columns must be flushed together.
  options.atomic_flush = chosen.mode == durability::off;

  // One flush and one compaction run beside the writer. Their files are synced in small steps, so
  // that a sync of the log does not wait for megabytes of table data.
  options.max_background_jobs = 2;
  options.bytes_per_sync = mib;
  options.avoid_unnecessary_blocking_io = true;  // reading threads delete no files

  // The start-up time must not depend on the size of the store.
  options.max_open_files = max_open_tables();
  options.max_file_opening_threads = 1;  // the default starts 16 threads per column
  options.skip_stats_update_on_db_open = true;

  // The info log: warnings only, three files of 1 MiB.
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
  table.cache_index_and_filter_blocks = true;  // so that cache_bytes limits them too
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  // Of a large table only the parts of the index and the filter that are used are read and cached.
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.pin_top_level_index_and_filter = true;
  table.format_version = 5;  // RocksDB 7.8 and later read and write it
  if (wants_filter(where)) table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));

  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = best_compression();
  options.level_compaction_dynamic_level_bytes = true;
  options.write_buffer_size = 16 * mib;
  options.max_write_buffer_number = 3;  // one is filled while two are flushed

  if (where == column::checkpoints) {
    // A run's checkpoints follow each other: an insertion starts where the last of the run was.
    options.memtable_insert_with_hint_prefix_extractor.reset(
        rocksdb::NewFixedPrefixTransform(keys::run_hash_bytes));
  }
  if (where == column::indexes) {
    // Queues, timers and lists of runs are read from their beginning, where entries are deleted. A
    // table with many deletions is compacted soon, so that scans do not pass over them.
    options.table_properties_collector_factories.push_back(
        rocksdb::NewCompactOnDeletionCollectorFactory(deletions_window, deletions_to_compact));
  }
  if (where == column::counters) {
    options.write_buffer_size = 4 * mib;
  }
  if (where == column::blobs) {
    // Chunks are written once: they lie in files of their own, so that compactions move only keys.
    // Files with garbage are rewritten by compactions, whatever their age, so that space of deleted
    // blobs is given back.
    options.enable_blob_files = true;
    options.min_blob_size = 4 * 1024;
    options.blob_file_size = 64 * mib;
    options.enable_blob_garbage_collection = true;
    options.blob_garbage_collection_age_cutoff = 1.0;
    options.blob_garbage_collection_force_threshold = 0.5;
    options.table_properties_collector_factories.push_back(
        rocksdb::NewCompactOnDeletionCollectorFactory(blob_deletions_window,
                                                      blob_deletions_to_compact));
  }
  return options;
}

rocksdb::WriteOptions write_options(durability mode) {
  rocksdb::WriteOptions options;
  options.sync = false;  // `store::sync` syncs, during the next write
  options.disableWAL = mode == durability::off;
  return options;
}

}  // namespace pawl::persistence::rocks
