// The references for the engine: RocksDB alone, with records that were made before.
#include <algorithm>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include "bench/failure.hpp"
#include "bench/usage.hpp"
#include "bench/workloads/workloads.hpp"
#include "flow/machine/delta.hpp"
#include "persistence/codec.hpp"
#include "persistence/keys.hpp"
#include "persistence/rocksdb/open_database.hpp"
#include "persistence/rocksdb/tuning.hpp"

namespace pawl::bench {
namespace {

using persistence::column;
namespace rocks = persistence::rocks;

constexpr std::size_t groups_made_at_once = 64;

void check(const rocksdb::Status& status, const char* doing) {
  if (!status.ok()) throw failure{errc::io_failed, doing + (": " + status.ToString())};
}

/// A database of one column, with the options of the engine or those of RocksDB.
struct database {
  std::unique_ptr<rocksdb::DB> db;
  rocks::handles columns;
  rocksdb::WriteOptions write;

  database(const settings& s, bool plain) {
    const auto& storage = s.storage;
    persistence::rocksdb_options chosen;
    chosen.mode = storage.durability;
    chosen.memtable_bytes = storage.memtable_bytes;
    rocksdb::DBOptions options = plain ? rocksdb::DBOptions{} : rocks::database_options(chosen);
    options.create_if_missing = true;
    const auto cache = rocksdb::NewLRUCache(storage.cache_bytes);
    const auto of_column =
        plain ? rocksdb::ColumnFamilyOptions{} : rocks::column_options(column::checkpoints, cache);
    check(rocks::open_database(options, storage.data_dir.string(),
                               {{rocksdb::kDefaultColumnFamilyName, of_column}}, columns, db),
          "cannot open the database of the benchmark");
    write = rocks::write_options(storage.durability);
  }
  ~database() {
    for (auto* const each : columns) static_cast<void>(db->DestroyColumnFamilyHandle(each));
  }
  database(const database&) = delete;
  database& operator=(const database&) = delete;
};

/// Syncs the log on a thread of its own, while the next group is written.
class syncer {
 public:
  syncer(rocksdb::DB& of, bool syncs) : db_(of), syncs_(syncs), thread_{[this] { run(); }} {}
  ~syncer() {
    {
      const std::lock_guard lock{mutex_};
      ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  syncer(const syncer&) = delete;
  syncer& operator=(const syncer&) = delete;

  /// Notes `count` written records, and waits until at most `may_wait` are not durable.
  void note_written(std::size_t count, std::size_t may_wait) {
    std::unique_lock lock{mutex_};
    written_ += count;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !status_.ok() || written_ - durable_ <= may_wait; });
    check(status_, "cannot sync the log of the benchmark");
  }
  [[nodiscard]] std::uint64_t count() const {
    const std::lock_guard lock{mutex_};
    return count_;
  }

 private:
  void run() {
    std::unique_lock lock{mutex_};
    for (;;) {
      changed_.wait(lock, [&] { return ended_ || durable_ < written_; });
      if (durable_ == written_) return;
      const std::size_t covered = written_;
      lock.unlock();
      const auto synced = syncs_ ? db_.SyncWAL() : rocksdb::Status::OK();
      lock.lock();
      if (!synced.ok()) status_ = synced;
      durable_ = covered;
      if (syncs_) ++count_;
      changed_.notify_all();
    }
  }

  rocksdb::DB& db_;
  const bool syncs_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t written_ = 0, durable_ = 0;
  std::uint64_t count_ = 0;
  rocksdb::Status status_;
  bool ended_ = false;
  std::thread thread_;
};

using put_record = std::function<void(rocksdb::WriteBatch& to, std::uint64_t number)>;

/// Writes groups of prebuilt records, as many at a time as runs of the engine would be in flight:
/// half of them are written while the other half is synced.
measurement write_groups(const round& with, bool plain, const put_record& put) {
  const bool syncs = with.settings.storage.durability == durability::sync;
  const database open{with.settings, plain};
  syncer synced{*open.db, syncs};
  const std::size_t group = std::max<std::size_t>(1, with.in_flight / 2);
  measurement seen;
  seen.cpu_seconds = 0;
  std::uint64_t next = 0, syncs_before = 0;
  const double warm_up = with.length.count() / 4;
  bool is_warm = false;
  while (seen.seconds < with.length.count() && !with.stopped()) {
    std::vector<rocksdb::WriteBatch> groups(groups_made_at_once);
    for (auto& each : groups)
      for (std::size_t i = 0; i < group; ++i) put(each, next++);
    const double cpu = own_cpu_seconds();
    const auto begin = clock_type::now();
    for (auto& each : groups) {
      const auto began = clock_type::now();
      check(open.db->Write(open.write, &each), "cannot write the records of the benchmark");
      synced.note_written(group, with.in_flight - group);
      seen.latency_ns.add(
          static_cast<std::uint64_t>(std::chrono::nanoseconds{clock_type::now() - began}.count()));
    }
    synced.note_written(0, 0);
    seen.seconds += seconds_type{clock_type::now() - begin}.count();
    *seen.cpu_seconds += own_cpu_seconds() - cpu;
    seen.items += static_cast<double>(groups.size() * group);
    if (is_warm || seen.seconds < warm_up) continue;
    is_warm = true;
    seen = {};
    seen.cpu_seconds = 0;
    syncs_before = synced.count();
  }
  seen.syncs = synced.count() - syncs_before;
  return seen;
}

/// The record of a typical step: one token moves, one key of the data is set.
std::string step_record(std::uint64_t sequence) {
  flow::delta d;
  d.sequence = sequence;
  d.at = from_unix_us(1'800'000'000'000'000 + static_cast<std::int64_t>(sequence));
  d.events.push_back({flow::event_kind::step_finished, 3, 1, 1, {{"us", 2}}});
  d.events.push_back({flow::event_kind::step_started, 4, 1, 1, nullptr});
  d.data_set["n"] = sequence;
  flow::token t;
  t.id = 1;
  t.node = 4;
  t.phase = flow::token_phase::waiting;
  t.visit = t.attempt = t.tries = 1;
  d.tokens_set.push_back(t);
  d.visits.emplace_back(4, 1);
  return persistence::encode_delta(d);
}

/// A number that looks random and is the same in every round (splitmix64).
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// As runs of 10 steps have them: ten records follow each other, and many runs take turns.
struct place {
  std::uint64_t run;
  std::uint64_t sequence;
};
place place_of(std::uint64_t number, std::size_t in_flight) {
  const std::uint64_t cycle = number / (10 * in_flight);
  const std::uint64_t within = number % (10 * in_flight);
  return {cycle * in_flight + within % in_flight, within / in_flight + 1};
}

measurement measure_bare(const round& with) {
  const std::string record = step_record(7);
  return write_groups(with, false, [&](rocksdb::WriteBatch& to, std::uint64_t number) {
    const place at = place_of(number, with.in_flight);
    std::string hash(persistence::keys::run_hash_bytes, '\0');
    for (std::size_t i = 0; i < hash.size(); ++i)
      hash[i] = static_cast<char>(mixed(2 * at.run + i / 8) >> (8 * (i % 8)));
    check(to.Put(persistence::keys::checkpoint(hash, at.sequence), record), "cannot make records");
  });
}

measurement measure_plain(const round& with) {
  const std::string value(200, 'v');
  return write_groups(with, true, [&](rocksdb::WriteBatch& to, std::uint64_t number) {
    const place at = place_of(number, with.in_flight);
    // 53 bytes, such as a scope, the text of a run's id and a number take.
    std::string key = "default/" + std::to_string(mixed(at.run)) + std::to_string(mixed(~at.run));
    key.resize(45, '0');
    std::string sequence = std::to_string(at.sequence);
    key += std::string(8 - sequence.size(), '0') + sequence;
    check(to.Put(key, value), "cannot make records");
  });
}

}  // namespace

const workload bare{
    .name = "bare",
    .description = "RocksDB alone: prebuilt records of a step, with the engine's options and keys.",
    .unit = "records",
    .latency_of = "group",
    .measure = measure_bare};

const workload bare_plain{
    .name = "bare-plain",
    .description = "RocksDB alone: values of 200 bytes, text keys, RocksDB's own options.",
    .unit = "records",
    .latency_of = "group",
    .measure = measure_plain};

}  // namespace pawl::bench
