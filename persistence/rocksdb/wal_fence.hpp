#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include <rocksdb/env.h>
#include <rocksdb/io_status.h>

namespace pawl::persistence::rocks {

/// Keeps syncs away from a log that could not be written. RocksDB takes it for a mistake of its
/// caller to sync such a file (`WritableFileWriter::SyncWithoutFlush`; Debian's library aborts),
/// but we sync on another thread than we write on: without the gate a sync can come between a
/// failed write and the moment when we learn of it. Safe for concurrent use.
class wal_fence {
 public:
  /// Before a sync. Once the log has failed: why, and there must be no sync.
  [[nodiscard]] rocksdb::IOStatus begin_sync();
  void end_sync();

  /// The log could not be written. Returns when no sync is under way, and lets none begin.
  void close(const rocksdb::IOStatus& why);

 private:
  std::mutex mutex_;
  std::condition_variable quiet_;
  bool syncing_ = false;
  rocksdb::IOStatus failure_;
};

/// The default environment, but that an append to a log which fails closes the gate before RocksDB
/// hears of it, and that RocksDB's log for people never fails. `gate` must outlive it.
[[nodiscard]] std::unique_ptr<rocksdb::Env> fenced_environment(wal_fence& gate);

}  // namespace pawl::persistence::rocks
