#include "persistence/rocksdb/rocksdb_store.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <rocksdb/write_batch.h>

#include <pawl/assert.hpp>

#include "persistence/migrations.hpp"
#include "persistence/rocksdb/database.hpp"
#include "persistence/rocksdb/database_upkeep.hpp"
#include "persistence/rocksdb/folder.hpp"
#include "persistence/rocksdb/group.hpp"
#include "persistence/rocksdb/snapshot_view.hpp"
#include "persistence/rocksdb/status.hpp"
#include "persistence/rocksdb/tuning.hpp"
#include "persistence/rocksdb/wal_check.hpp"
#include "persistence/values/keys_in_use.hpp"
#include "persistence/values/value_codec.hpp"

namespace pawl::persistence {
namespace rocks {
namespace {

class rocksdb_store final : public store {
 public:
  rocksdb_store(std::shared_ptr<database> opened, const rocksdb_options& options)
      : database_(std::move(opened)),
        mode_(options.mode),
        write_options_(write_options(options.mode)),
        log_entries_(options.log_entries),
        upkeep_(database_, options.mode),
        group_(*database_),
        mark_{last_sequence(), last_sequence(), current_boot()},
        written_(mark_.opened_at),
        synced_(mark_.opened_at),
        durable_(std::make_shared<const snapshot_view>(database_)) {}

  ~rocksdb_store() override {
    // A caller that needs the error calls `close` itself.
    static_cast<void>(rocksdb_store::close());
  }

  result<std::shared_ptr<const view>> write(std::span<const batch* const> batches) override {
    if (stopped_.load(std::memory_order_acquire)) return refusal();
    database_->avoid_damage();
    group_.begin(mode_ == durability::off ? std::string{} : encode_mark(current_mark()));
    for (const batch* changes : batches)
      if (!group_.append(*changes)) return stop(values::cannot_encrypt());
    if (const auto summed = group_.finish(); !summed.ok())
      return stop(from_status(summed, "reading from", database_->path()));
    if (group_.changes().Count() > 0) {
      const auto status = database_->db().Write(write_options_, &group_.changes());
      if (!status.ok()) return stop(from_status(status, "writing to", database_->path()));
    }
    auto written = std::make_shared<const snapshot_view>(database_);
    written_.store(written->sequence(), std::memory_order_release);
    database_->mark().note_written(written->sequence());  // before a new log begins
    if (auto bounded = bound_log(group_.changes().Count()); !bounded)
      return stop(std::move(bounded).error());
    return std::shared_ptr<const view>{std::move(written)};
  }

  result<void> sync() override {
    if (stopped_.load(std::memory_order_acquire)) return refusal();
    if (mode_ != durability::sync) return {};
    return sync_log();
  }

  void publish(std::shared_ptr<const view> written) override {
    PAWL_ASSERT(written != nullptr, "the view is not null");
    const std::lock_guard lock{mutex_};
    durable_.swap(written);  // the old view is destroyed after the lock is released
  }

  std::shared_ptr<const view> durable_view() const override {
    const std::lock_guard lock{mutex_};
    return durable_;
  }

  store_gauges gauges() const override { return database_->gauges(); }
  store_upkeep* upkeep() noexcept override { return &upkeep_; }
  result<void> check_writable() override { return probe_folder(database_->path()); }

  result<void> close() override {
    if (stopped_.load(std::memory_order_acquire)) {
      const std::lock_guard lock{mutex_};
      return closed_ ? result<void>{} : result<void>{refusal_under_lock()};
    }
    // With a log, the log holds everything. Flushing only shortens the next start, so its failure
    // loses nothing.
    auto done = mode_ == durability::off ? result<void>{} : sync_log();
    if (done) {
      auto flushed = database_->flush(flush_mode::finish);
      if (mode_ == durability::off) done = std::move(flushed);
    }
    if (done) done = database_->mark().settle();
    if (!done) return stop(std::move(done).error());
    const std::lock_guard lock{mutex_};
    closed_ = true;
    first_error_ = {errc::unavailable,
                    doing_to("using", database_->path()) + ": the store is closed"};
    stopped_.store(true, std::memory_order_release);
    return {};
  }

 private:
  [[nodiscard]] std::uint64_t last_sequence() const {
    return database_->db().GetLatestSequenceNumber();
  }

  [[nodiscard]] wal_mark current_mark() const {
    wal_mark mark = mark_;
    mark.synced = synced_.load(std::memory_order_acquire);
    return mark;
  }

  /// Begins to move data to tables if the log has too many entries, `added` of them new.
  result<void> bound_log(std::uint64_t added) {
    if (mode_ == durability::off) return {};
    in_log_ += added;
    if (in_log_ < log_entries_) return {};
    in_log_ = 0;
    return database_->flush(flush_mode::begin);
  }

  result<void> sync_log() {
    const auto upto = written_.load(std::memory_order_acquire);
    rocksdb::Status status = database_->fence().begin_sync();
    if (!status.ok()) return stop(from_status(status, "writing to", database_->path()));
    status = database_->db().SyncWAL();
    database_->fence().end_sync();
    if (status.ok()) status = database_->fence().failure();
    if (!status.ok()) return stop(from_status(status, "syncing", database_->path()));
    // Before anything is acknowledged, so the mark covers what was.
    if (auto noted = database_->mark().note_sequence(upto); !noted)
      return stop(std::move(noted).error());
    synced_.store(upto, std::memory_order_release);
    return {};
  }

  /// Refuses all further writes. After a failed sync the contents of the disk are unknown, and
  /// after a failed write the end of the log. Only reopening the store determines them.
  error stop(error failure) {
    const std::lock_guard lock{mutex_};
    if (!stopped_.load(std::memory_order_relaxed)) {
      first_error_ = failure;
      stopped_.store(true, std::memory_order_release);
    }
    return failure;
  }

  error refusal() {
    const std::lock_guard lock{mutex_};
    return refusal_under_lock();
  }

  error refusal_under_lock() {
    if (closed_) return first_error_;
    return {errc::unavailable,
            "the store accepts no writes after this error: " + first_error_.message};
  }

  const std::shared_ptr<database> database_;
  const durability mode_;
  const rocksdb::WriteOptions write_options_;
  const std::uint64_t log_entries_;
  database_upkeep upkeep_;
  std::uint64_t in_log_ = 0;  ///< only for the writing thread, as the next
  group_builder group_;
  const wal_mark mark_;
  std::atomic<std::uint64_t> written_;  ///< last sequence number of completed writes
  std::atomic<std::uint64_t> synced_;   ///< last sequence number of completed syncs
  std::atomic<bool> stopped_{false};

  mutable std::mutex mutex_;
  std::shared_ptr<const view> durable_;  ///< guarded by mutex_
  error first_error_;                    ///< guarded by mutex_
  bool closed_ = false;                  ///< guarded by mutex_
};

}  // namespace
}  // namespace rocks

result<std::unique_ptr<store>> open_rocksdb_store(const std::filesystem::path& folder,
                                                  const rocksdb_options& options) {
  using namespace rocks;
  auto claimed = claim_folder(folder);
  if (!claimed) return std::move(claimed).error();
  const bool was_ready = claimed->state == folder_state::ready;

  auto opened = database::open(std::move(claimed).value(), options);
  if (!opened) return std::move(opened).error();
  const std::shared_ptr<database> base = std::move(opened).value();
  std::unique_ptr<store> made = std::make_unique<rocksdb_store>(base, options);

  auto found = read_schema(*made->durable_view());
  if (!found) return with_folder(std::move(found).error(), folder);
  if (was_ready && !found->has_value()) {
    return error{errc::corrupt,
                 doing_to("opening", folder) +
                     ": the schema record is missing, so other records may be missing "
                     "too. Restore the folder from a backup"};
  }
  if (options.needs_keys)
    if (auto readable = values::check_keys(*made->durable_view(), base->codec()); !readable)
      return with_folder(std::move(readable).error(), folder);
  const bool migrates = was_ready && **found >= first_schema && **found < current_schema();
  if (migrates) {
    // An older Pawl must not continue with a store that is migrated in part.
    if (auto marked = write_marker(base->folder(), folder_state::ready, current_schema()); !marked)
      return std::move(marked).error();
  }
  if (was_ready && **found >= first_schema && **found <= current_schema())
    if (auto created = base->create_missing_columns(); !created) return std::move(created).error();
  if (auto prepared = prepare_schema(*made); !prepared)
    return with_folder(std::move(prepared).error(), folder);
  if (auto noted = values::note_keys(*made, base->codec()); !noted)
    return with_folder(std::move(noted).error(), folder);
  if (!was_ready || migrates || base->folder().schema != current_schema()) {
    // The marker describes the tables, so they are flushed first.
    if (auto flushed = base->flush(flush_mode::finish); !flushed) return std::move(flushed).error();
    if (auto marked = write_marker(base->folder(), folder_state::ready, current_schema()); !marked)
      return std::move(marked).error();
  }
  return made;
}

}  // namespace pawl::persistence
