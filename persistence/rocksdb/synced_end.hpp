#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include <pawl/result.hpp>

#include "persistence/rocksdb/folder.hpp"

namespace pawl::persistence::rocks {

/// The part of a MANIFEST that an fsync has made durable.
struct manifest_end {
  std::uint64_t number = 0;  ///< 0: none
  std::uint64_t bytes = 0;

  friend bool operator==(const manifest_end&, const manifest_end&) = default;
};

/// The sequence number with which a log begins.
struct log_start {
  std::uint64_t number = 0;  ///< 0: none
  std::uint64_t first = 0;   ///< 0: unknown

  friend bool operator==(const log_start&, const log_start&) = default;
};

/// What the store knows to be on the disk.
struct synced_state {
  std::uint64_t sequence = 0;  ///< all records up to this one
  std::uint64_t boot = 0;      ///< boot of the machine in which the store was last opened
  /// Every write was acknowledged when it returned (durability `async`), not only synced ones.
  bool promised_writes = false;
  manifest_end manifest;
  manifest_end previous;  ///< the MANIFEST before it: CURRENT may still name that one
  /// The newest logs, the newest last. These are more than RocksDB needs at a time.
  std::array<log_start, 20> logs{};

  /// The sequence number with which the logs from `number` on begin. Nothing: unknown.
  [[nodiscard]] std::optional<std::uint64_t> start_of_logs(std::uint64_t number) const noexcept;

  friend bool operator==(const synced_state&, const synced_state&) = default;
};

/// The file `SYNCED`: a mark of what was synced, outside the files that it is about.
///
/// It is written after each sync and before the sync is acknowledged. Two sectors take turns, so a
/// torn write leaves the mark before. It is not synced each time, because that would double the
/// cost of a commit. It is synced after each change of the MANIFEST, when the store is idle, and
/// when it is closed. So:
/// - After the death of the process the mark is exact: what it does not cover was not acknowledged
///   by a sync.
/// - After a power failure it is a lower bound: it may lack the syncs of the last second, or of as
///   long as the store was never idle and moved nothing to tables. Damage of records that only the
///   lost marks covered looks like the end of an unsynced log, unless a later record has a
///   `wal_mark` that covers them.
/// - It has the start of every log that RocksDB needs: a log becomes the first needed one by a
/// change
///   of the MANIFEST.
/// - RocksDB depends on no record of a MANIFEST that the mark on the disk does not cover: it
/// deletes
///   logs only after the sync has returned, which includes the sync of the mark.
///
/// Thread-safe.
class synced_end {
 public:
  /// Reads the mark. Nothing: there is none, from an older version of Pawl or a new store.
  [[nodiscard]] static std::optional<synced_state> read(const std::filesystem::path& folder);

  /// Opens the file for writing and creates it if it does not exist. Starts from `known`. Errors as
  /// `write_marker`.
  [[nodiscard]] static result<std::unique_ptr<synced_end>> open(const std::filesystem::path& folder,
                                                                const synced_state& known);
  ~synced_end();
  synced_end(const synced_end&) = delete;
  synced_end& operator=(const synced_end&) = delete;

  /// The store is open: all up to `sequence` is durable. Syncs the mark.
  [[nodiscard]] result<void> begin(std::uint64_t sequence, std::uint64_t boot,
                                   bool promised_writes);
  /// All up to `sequence` is durable. The mark is synced when no further call comes for a second.
  [[nodiscard]] result<void> note_sequence(std::uint64_t sequence);
  /// `bytes` of MANIFEST `number` are durable. Syncs the mark.
  [[nodiscard]] result<void> note_manifest(std::uint64_t number, std::uint64_t bytes);
  /// All up to `sequence` is written. A log that is created now begins after it.
  void note_written(std::uint64_t sequence) noexcept {
    written_.store(sequence, std::memory_order_release);
  }
  /// RocksDB creates the log `number`. The next write of the mark includes it.
  void note_log(std::uint64_t number);
  /// Syncs the mark.
  [[nodiscard]] result<void> settle();

  [[nodiscard]] synced_state state() const;

 private:
  synced_end(const std::filesystem::path& folder, descriptor file, const synced_state& known);

  [[nodiscard]] result<void> write_under_lock();
  void settle_when_idle();

  const std::filesystem::path folder_;
  const descriptor file_;
  std::atomic<std::uint64_t> written_{0};  ///< 0: not known yet
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  synced_state state_;            ///< guarded by mutex_
  std::uint64_t generation_ = 0;  ///< guarded by mutex_
  bool unsettled_ = false;        ///< guarded by mutex_
  bool ended_ = false;            ///< guarded by mutex_
  std::thread settler_;
};

/// The bytes of one sector of the file, and back. Nothing: not a valid mark.
[[nodiscard]] std::string encode_synced(const synced_state& state, std::uint64_t generation);
struct synced_sector {
  synced_state state;
  std::uint64_t generation = 0;
};
[[nodiscard]] std::optional<synced_sector> decode_synced(std::string_view sector) noexcept;

/// Deletes the mark: nothing is known any more. Errors as `write_marker`.
[[nodiscard]] result<void> forget_synced(const std::filesystem::path& folder);

}  // namespace pawl::persistence::rocks
