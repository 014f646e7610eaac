#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>

#include <rocksdb/listener.h>

namespace pawl::persistence::rocks {

/// Keeps a damaged table from stopping the store. Without it RocksDB refuses all writes after a
/// compaction has read a damaged block, and again each time the store is opened. The table stays as
/// it is: reads of its damaged blocks fail, all others work. Thread-safe.
class damage_listener final : public rocksdb::EventListener {
 public:
  /// `report` is called once per damage, on a thread of RocksDB, with its text.
  explicit damage_listener(std::function<void(const std::string&)> report)
      : report_(std::move(report)) {}

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override;

  /// A full disk starts a recovery of RocksDB's own, which changes the log meanwhile and can keep
  /// the database from being closed for ever: it waits for compactions that fail again and again. A
  /// store that failed is reopened instead.
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }

  /// True once after each new damage: the caller must stop compactions, which would read the
  /// damaged block again and again.
  [[nodiscard]] bool take_new() noexcept {
    return found_.load(std::memory_order_relaxed) &&
           found_.exchange(false, std::memory_order_acq_rel);
  }

 private:
  const std::function<void(const std::string&)> report_;
  std::atomic<bool> found_{false};
  std::mutex mutex_;
  std::string last_;  ///< guarded by mutex_
};

}  // namespace pawl::persistence::rocks
