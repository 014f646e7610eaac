#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include <rocksdb/env.h>
#include <rocksdb/io_status.h>

#include "persistence/rocksdb/synced_end.hpp"

namespace pawl::persistence::rocks {

/// Prevents a sync of a log after a failed write or sync. RocksDB treats such a sync as a
/// programming error (`WritableFileWriter::SyncWithoutFlush`; the library of Debian aborts). Pawl
/// writes and syncs on different threads, and RocksDB syncs closed logs on its own, so without the
/// fence a sync can start between a failure and its report. Thread-safe.
class wal_fence {
 public:
  /// Call before a sync. Returns an error after a failed write; then do not sync.
  [[nodiscard]] rocksdb::IOStatus begin_sync();
  void end_sync();

  /// Reports a failed write. Returns when no sync is running; refuses all later ones.
  void close(const rocksdb::IOStatus& why);

  /// Reports a failed sync. Refuses all later ones. RocksDB may not see this failure (see
  /// `fenced_environment`), so whoever syncs checks `failure` afterwards.
  void fail(const rocksdb::IOStatus& why);
  [[nodiscard]] rocksdb::IOStatus failure();

 private:
  std::mutex mutex_;
  std::condition_variable idle_;
  bool syncing_ = false;
  rocksdb::IOStatus failure_;
};

/// The default environment with these differences: a failed append to a log closes `fence` before
/// RocksDB sees the error; a failed sync of a log fails `fence` and RocksDB does not see it, but it
/// cannot change a MANIFEST any more, so no table or log depends on the failed sync; `mark` learns
/// of new logs and of each sync of a MANIFEST, before RocksDB does; and RocksDB's info log never
/// fails. Both must outlive it.
[[nodiscard]] std::unique_ptr<rocksdb::Env> fenced_environment(wal_fence& fence, synced_end& mark);

}  // namespace pawl::persistence::rocks
