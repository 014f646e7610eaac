// Damaged files of a store on disk are reported and never read as data.
#include "persistence/conformance.hpp"
#include "persistence/crc32c.hpp"
#include "persistence/rocksdb/damage_listener.hpp"
#include "persistence/rocksdb/manifest.hpp"
#include "persistence/rocksdb/synced_end.hpp"
#include "persistence/rocksdb/test_folder.hpp"
#include "persistence/rocksdb/tuning.hpp"
#include "persistence/rocksdb/wal_check.hpp"
#include "persistence/rocksdb/wal_reader.hpp"
#include "persistence/rocksdb/wal_recovery.hpp"

#include <algorithm>
#include <mutex>
#include <random>

#include <rocksdb/cache.h>

using namespace pawl;
using namespace pawl::persistence;
using namespace pawl::persistence::conformance;
using namespace pawl::persistence::rocks;

namespace {

std::string key_of(int n) {
  std::string key = std::to_string(n);
  return key.insert(0, 6 - key.size(), '0');
}

/// Writes the runs from..to-1, each in its own write, then commits them if `synced`.
void fill(store& opened, int from, int to, bool synced = true) {
  std::shared_ptr<const view> last = opened.durable_view();
  for (int n = from; n < to; ++n) {
    batch changes = putting(column::runs, {{key_of(n), std::string(300, 'r')}});
    changes.put(column::checkpoints, key_of(n), std::string(300, 'c'));
    changes.add("n", 1);
    last = write(opened, {changes});
  }
  if (!synced) return;
  REQUIRE(opened.sync());
  opened.publish(last);
}

/// A closed store with records in tables.
void make_tables(const fs::path& folder) {
  fill(*open_good(folder), 0, 200);
}

/// A store with 50 records in tables and 50 in its log, as kill -9 leaves it.
fs::path make_killed(const test_folder& folder, durability mode = durability::sync,
                     bool synced = true) {
  fill(*open_good(folder.store(), {.mode = mode}), 0, 50);
  const auto opened = open_good(folder.store(), {.mode = mode});
  fill(*opened, 50, 100, synced);
  const fs::path killed = folder.root() / "killed";
  copy_as_killed(folder.store(), killed);
  return killed;
}

/// The number of records. They must be a prefix of those written, the same in all columns.
int prefix_length(const store& opened) {
  const auto now = opened.durable_view();
  const auto runs = keys_of(scan(*now, column::runs));
  CHECK(runs == keys_of(scan(*now, column::checkpoints)));
  CHECK(counter(*now, "n") == static_cast<std::int64_t>(runs.size()));
  for (std::size_t n = 0; n < runs.size(); ++n) REQUIRE(runs[n] == key_of(static_cast<int>(n)));
  return static_cast<int>(runs.size());
}

/// As RocksDB itself decides it.
std::uint64_t first_needed_log_of(const fs::path& folder) {
  descriptors columns;
  columns.emplace_back(rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions{});
  for (const column where : all_columns)
    columns.emplace_back(family_name(where), column_options(where, rocksdb::NewLRUCache(1 << 20)));
  return first_needed_log(folder, database_options({}), columns);
}

std::uint64_t middle_of(const fs::path& file) {
  return fs::file_size(file) / 2;
}

}  // namespace

TEST_CASE("a truncated table is reported when the store is opened", "[rocksdb][damage]") {
  const test_folder folder;
  make_tables(folder.store());
  const auto table = files_of(folder.store(), ".sst").back();
  fs::resize_file(table, fs::file_size(table) - 100);
  const auto failure = open_bad(folder.store());
  CHECK(failure.code == errc::corrupt);
  CHECK(mentions(failure, table.filename().string()));
  CHECK(mentions(failure, "Restore the folder from a backup"));
}

TEST_CASE("a missing table is reported when the store is opened", "[rocksdb][damage]") {
  const test_folder folder;
  make_tables(folder.store());
  fs::remove(files_of(folder.store(), ".sst").back());
  CHECK(open_bad(folder.store()).code == errc::corrupt);
}

TEST_CASE("a flipped byte in a table is reported, never read as data", "[rocksdb][damage]") {
  const test_folder folder;
  make_tables(folder.store());
  const fs::path damaged = folder.root() / "damaged";
  int reported = 0;
  for (const auto& table : files_of(folder.store(), ".sst")) {
    copy_as_killed(folder.store(), damaged);
    flip_byte(damaged / table.filename(), middle_of(table));
    const auto opened = open_rocksdb_store(damaged);
    if (!opened) {
      CHECK(opened.error().code == errc::corrupt);
      ++reported;
      continue;
    }
    const auto now = opened.value()->durable_view();
    bool found = false;
    for (const column where : all_columns) {
      bool valid = true;
      const auto scanned = now->scan(where, {}, [&](std::string_view, std::string_view value) {
        const bool known_value = where == column::runs || where == column::checkpoints;
        if (known_value && value.find_first_not_of("rc") != std::string::npos) valid = false;
        return view::next::more;
      });
      CHECK(valid);
      if (scanned) continue;
      found = true;
      CHECK(scanned.error().code == errc::corrupt);
      CHECK(mentions(scanned.error(), std::string{to_string(where)}));
      CHECK(mentions(scanned.error(), damaged.string()));
    }
    if (found) ++reported;
  }
  CHECK(reported == static_cast<int>(files_of(folder.store(), ".sst").size()));
}

TEST_CASE("a damaged table that a compaction reads does not stop the store", "[rocksdb][damage]") {
  const test_folder folder;
  {
    std::mt19937_64 random{1};
    batch changes;
    for (int n = 0; n < 300; ++n) {
      std::string bytes(1000, '\0');
      for (auto& byte : bytes) byte = static_cast<char>(random());
      changes.put(column::runs, key_of(n), bytes);
    }
    commit(*open_good(folder.store()), {changes});
  }
  const auto tables = files_of(folder.store(), ".sst");
  const auto largest = std::max_element(
      tables.begin(), tables.end(),
      [](const auto& a, const auto& b) { return fs::file_size(a) < fs::file_size(b); });
  REQUIRE(fs::file_size(*largest) > 200'000);
  flip_byte(*largest, middle_of(*largest));
  std::mutex mutex;
  std::vector<error> reported;
  rocksdb_options options;
  options.log_bytes = 60'000;
  options.on_damage = [&](const error& why) {
    const std::lock_guard lock{mutex};
    reported.push_back(why);
  };
  const auto is_reported = [&] {
    const std::lock_guard lock{mutex};
    return !reported.empty();
  };
  {
    const auto opened = open_good(folder.store(), options);
    int n = 1000;
    while (!is_reported() && n < 20'000) {
      fill(*opened, n, n + 50);
      n += 50;
    }
    REQUIRE(is_reported());
    fill(*opened, n, n + 1000);  // it still writes
    const auto now = opened->durable_view();
    CHECK(get(*now, column::runs, key_of(1000)) == std::string(300, 'r'));
    const std::lock_guard lock{mutex};
    CHECK(reported[0].code == errc::corrupt);
    CHECK(mentions(reported[0], ".sst"));
    CHECK(mentions(reported[0], "pawl store check"));
    CHECK(reported.size() < 10);  // compactions have stopped, or each would report
  }
  open_good(folder.store());
}

TEST_CASE("RocksDB does not recover a failed store by itself", "[rocksdb][damage]") {
  damage_listener listener{nullptr};
  bool automatic = true;
  listener.OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason::kCompaction,
                                rocksdb::Status::NoSpace(), &automatic);
  CHECK_FALSE(automatic);
}

TEST_CASE("a missing or damaged MANIFEST or CURRENT is reported", "[rocksdb][damage]") {
  const test_folder folder;
  make_tables(folder.store());
  std::string manifest;
  std::ifstream{folder.store() / "CURRENT"} >> manifest;
  REQUIRE(fs::exists(folder.store() / manifest));

  SECTION("MANIFEST missing") {
    fs::remove(folder.store() / manifest);
    CHECK(mentions(open_bad(folder.store()), manifest));
  }
  SECTION("MANIFEST flipped") {
    flip_byte(folder.store() / manifest, middle_of(folder.store() / manifest));
  }
  SECTION("CURRENT missing") {
    fs::remove(folder.store() / "CURRENT");
    CHECK(mentions(open_bad(folder.store()), "CURRENT"));
  }
  SECTION("CURRENT empty") {
    fs::resize_file(folder.store() / "CURRENT", 0);
  }
  SECTION("all files except the marker missing") {
    const auto marker = folder.root() / "PAWL";
    fs::rename(folder.store() / "PAWL", marker);
    fs::remove_all(folder.store());
    fs::create_directory(folder.store());
    fs::rename(marker, folder.store() / "PAWL");
  }
  CHECK(open_bad(folder.store()).code == errc::corrupt);
}

TEST_CASE("a truncated log is replayed up to the last whole record", "[rocksdb][damage]") {
  const auto mode = GENERATE(durability::sync, durability::async);
  const test_folder folder;
  const auto killed = make_killed(folder, mode, false);
  const auto log = files_of(killed, ".log").back().filename();
  const auto size = fs::file_size(killed / log);
  const fs::path cut = folder.root() / "cut";
  for (const std::uint64_t lost : {0u, 1u, 7u, 100u, 700u, 5000u}) {
    CAPTURE(lost);
    copy_as_killed(killed, cut);
    fs::resize_file(cut / log, size - lost);
    const auto opened = open_good(cut, {.mode = mode});
    const int kept = prefix_length(*opened);
    CHECK(kept >= 50);
    CHECK((kept == 100) == (lost == 0));
    fill(*opened, kept, kept + 5);
    CHECK(prefix_length(*opened) == kept + 5);
  }
}

TEST_CASE("a flipped byte in the log is reported and nothing is changed", "[rocksdb][damage]") {
  const auto mode = GENERATE(durability::sync, durability::async);
  const test_folder folder;
  const auto killed = make_killed(folder, mode);
  const auto log = files_of(killed, ".log").back();
  const auto size = fs::file_size(log);
  const fs::path damaged = folder.root() / "damaged";
  for (const std::uint64_t at : {std::uint64_t{3}, size / 3, size / 2, size - 2000, size - 5}) {
    CAPTURE(at, size);
    copy_as_killed(killed, damaged);
    const auto broken = damaged / log.filename();
    flip_byte(broken, at);
    for (int twice = 0; twice < 2; ++twice) {
      const auto failure = open_bad(damaged, {.mode = mode});
      CHECK(failure.code == errc::corrupt);
      CHECK(mentions(failure, log.filename().string()));
      CHECK(mentions(failure, "is damaged at byte"));
      CHECK(mentions(failure, "acknowledged"));
    }
    // The store was not changed: once the byte is restored, all records are there.
    flip_byte(broken, at);
    CHECK(prefix_length(*open_good(damaged, {.mode = mode})) == 100);
  }
}

TEST_CASE("a log that lacks its last synced record is reported", "[rocksdb][damage]") {
  const test_folder folder;
  const auto killed = make_killed(folder);
  const auto log = files_of(killed, ".log").back();
  SECTION("truncated") {
    fs::resize_file(log, fs::file_size(log) - GENERATE(1u, 700u));
    CHECK(mentions(open_bad(killed), "is damaged at byte"));
  }
  SECTION("the whole log is missing") {
    fs::remove(log);
    CHECK(mentions(open_bad(killed), "lacks records"));
  }
  SECTION("empty") {
    fs::resize_file(log, 0);
  }
  CHECK(open_bad(killed).code == errc::corrupt);
}

TEST_CASE("a MANIFEST that was synced is not cut off", "[rocksdb][damage]") {
  const test_folder folder;
  make_tables(folder.store());
  const auto mark = synced_end::read(folder.store());
  REQUIRE(mark);
  std::string name;
  std::ifstream{folder.store() / "CURRENT"} >> name;
  const fs::path manifest = folder.store() / name;
  REQUIRE(fs::file_size(manifest) == mark->manifest.bytes);
  SECTION("damaged") {
    flip_byte(manifest, mark->manifest.bytes - 3);
    CHECK(mentions(open_bad(folder.store()), "which had been synced"));
  }
  SECTION("truncated") {
    fs::resize_file(manifest, mark->manifest.bytes - 3);
    CHECK(mentions(open_bad(folder.store()), "had been synced"));
  }
  CHECK(open_bad(folder.store()).code == errc::corrupt);
  CHECK(mentions(open_bad(folder.store()), name));
}

TEST_CASE("damaged bytes after the synced end of a MANIFEST are removed", "[rocksdb][damage]") {
  const test_folder folder;
  make_tables(folder.store());
  std::string name;
  std::ifstream{folder.store() / "CURRENT"} >> name;
  const auto tail = GENERATE(std::string(512, '\0'), std::string(512, 'g'), std::string("g"));
  std::ofstream{folder.store() / name, std::ios::app | std::ios::binary} << tail;
  CHECK(prefix_length(*open_good(folder.store())) == 200);
}

TEST_CASE("the MANIFEST names the logs that RocksDB replays", "[rocksdb][damage]") {
  const test_folder folder;
  const auto opened = open_good(folder.store(), {.log_bytes = 50'000});
  const fs::path killed = folder.root() / "killed";
  for (int n = 0; n < 600; n += 100) {
    fill(*opened, n, n + 100);
    copy_as_killed(folder.store(), killed);
    const auto found = read_manifest(killed);
    REQUIRE(found);
    CHECK(found->understood);
    CHECK_FALSE(found->damage);
    const auto replayed = first_needed_log_of(killed);
    CHECK(found->first_needed_log <= replayed);
    for (const auto& log : files_of(killed, ".log")) {
      const auto number = log_number(log.filename().string());
      const bool has_records = fs::file_size(log) > 0;
      if (has_records && *number < replayed) CHECK(*number < found->first_needed_log);
    }
    const auto mark = synced_end::read(killed);
    REQUIRE(mark);
    CHECK(mark->start_of_logs(found->first_needed_log).has_value());
  }
}

namespace {

/// The records of an undamaged log.
std::vector<std::string> records_of(const fs::path& log) {
  struct : wal_sink {
    void on_record(std::uint64_t, std::string_view content) override { all.emplace_back(content); }
    void on_damage(const wal_damage&) override { FAIL("the log has no damage"); }
    std::vector<std::string> all;
  } sink;
  REQUIRE(read_wal(log, sink));
  return sink.all;
}

/// Writes a log with these records in RocksDB's format.
void write_log(const fs::path& log, const std::vector<std::string>& all) {
  constexpr std::size_t block = 32768;
  std::string bytes;
  for (const std::string_view record : all) {
    for (std::size_t done = 0; done < record.size();) {
      if (block - bytes.size() % block < 8) bytes.resize((bytes.size() / block + 1) * block);
      const auto room = block - bytes.size() % block - 7;
      const auto part = record.substr(done, room);
      const bool first = done == 0;
      done += part.size();
      const bool last = done == record.size();
      std::string typed(1, static_cast<char>(first ? (last ? 1 : 2) : (last ? 4 : 3)));
      typed += part;
      const auto crc = crc32c(typed);
      const auto masked = ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
      for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(masked >> shift);
      bytes += static_cast<char>(part.size());
      bytes += static_cast<char>(part.size() >> 8);
      bytes += typed;
    }
  }
  std::ofstream{log, std::ios::binary | std::ios::trunc} << bytes;
}

/// A store with 50 records in tables and 350 in its log, written in an earlier boot of the machine.
/// `synced` of the records in the log were synced.
fs::path make_before_reboot(const test_folder& folder, int synced) {
  fill(*open_good(folder.store()), 0, 50);
  const auto opened = open_good(folder.store());
  fill(*opened, 50, 400);
  const fs::path rebooted = folder.root() / "rebooted";
  copy_as_killed(folder.store(), rebooted);
  const auto log = files_of(rebooted, ".log").back();
  auto all = records_of(log);
  REQUIRE(all.size() == 350);
  const auto opened_at = parse_entry(all[0])->mark->opened_at;
  for (auto& record : all) {
    const auto entry = parse_entry(record);
    const auto most = opened_at + static_cast<std::uint64_t>(synced) * entry->operations;
    const wal_mark mark{opened_at, std::min(entry->first_sequence - 1, most), 12345};
    record.replace(14, 28, encode_mark(mark));
  }
  write_log(log, all);
  auto mark = synced_end::read(rebooted);
  REQUIRE(mark);
  mark->sequence = opened_at + static_cast<std::uint64_t>(synced) * parse_entry(all[0])->operations;
  mark->boot = 12345;
  std::ofstream{rebooted / "SYNCED", std::ios::binary} << encode_synced(*mark, 1);
  return rebooted;
}

}  // namespace

TEST_CASE("after a power failure the log is replayed up to the first gap", "[rocksdb][damage]") {
  const test_folder folder;
  const auto rebooted = make_before_reboot(folder, 20);
  const auto log = files_of(rebooted, ".log").back();

  SECTION("no gap") {
    CHECK(prefix_length(*open_good(rebooted)) == 400);
  }
  SECTION("pages that were never written") {
    const std::uint64_t gap = GENERATE(32768u, 40960u, 65536u);
    CAPTURE(gap);
    std::fstream bytes{log, std::ios::in | std::ios::out | std::ios::binary};
    bytes.seekp(static_cast<std::streamoff>(gap));
    bytes << std::string(16384, '\0');
    bytes.close();
    const int kept = prefix_length(*open_good(rebooted));
    CHECK(kept > 70);
    CHECK(kept < 400);
  }
  SECTION("a missing record without damaged bytes") {
    auto all = records_of(log);
    all.erase(all.begin() + 40);
    write_log(log, all);
    CHECK(prefix_length(*open_good(rebooted)) == 90);
  }
  SECTION("a torn last record") {
    flip_byte(log, fs::file_size(log) - 3);
    CHECK(prefix_length(*open_good(rebooted)) == 399);
  }
}

TEST_CASE("after a power failure a gap in synced records is reported", "[rocksdb][damage]") {
  const test_folder folder;
  const auto rebooted = make_before_reboot(folder, 41);
  const auto log = files_of(rebooted, ".log").back();
  SECTION("damaged") {
    flip_byte(log, fs::file_size(log) * 40 / 350);
  }
  SECTION("missing without damaged bytes") {
    auto all = records_of(log);
    all.erase(all.begin() + 40);
    write_log(log, all);
    CHECK(mentions(open_bad(rebooted), "lacks records"));
  }
  CHECK(open_bad(rebooted).code == errc::corrupt);
}
