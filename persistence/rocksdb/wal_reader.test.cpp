#include "persistence/rocksdb/wal_reader.hpp"

#include <random>

#include "persistence/conformance.hpp"
#include "persistence/rocksdb/test_folder.hpp"
#include "persistence/rocksdb/wal_check.hpp"

using namespace pawl;
using namespace pawl::persistence;
using namespace pawl::persistence::conformance;
using namespace pawl::persistence::rocks;

namespace {

struct recorder final : wal_sink {
  void on_record(std::uint64_t offset, std::string_view content) override {
    offsets.push_back(offset);
    contents.emplace_back(content);
  }
  void on_damage(const wal_damage& found) override { damages.push_back(found); }

  std::vector<std::uint64_t> offsets;
  std::vector<std::string> contents;
  std::vector<wal_damage> damages;
};

recorder read(const fs::path& file) {
  recorder found;
  REQUIRE(read_wal(file, found));
  return found;
}

/// A log written by RocksDB: small records, some that cross blocks, one that spans several.
fs::path make_log(const test_folder& folder, int records) {
  open_good(folder.store());
  const auto opened = open_good(folder.store());
  for (int i = 0; i < records; ++i) {
    const std::size_t size = i == 3 ? 100'000 : static_cast<std::size_t>(i * 37 % 3000);
    write(*opened, {putting(column::runs, {{std::to_string(i), std::string(size, 'v')}})});
  }
  const fs::path copy = folder.root() / "copy";
  copy_as_killed(folder.store(), copy);
  return files_of(copy, ".log").back();
}

}  // namespace

TEST_CASE("a log that RocksDB wrote is read completely", "[rocksdb][wal]") {
  const test_folder folder;
  const auto found = read(make_log(folder, 100));
  CHECK(found.damages.empty());
  REQUIRE(found.contents.size() == 100);
  std::uint64_t next = 0;
  for (const auto& content : found.contents) {
    const auto entry = parse_entry(content);
    REQUIRE(entry);
    REQUIRE(entry->mark.has_value());
    CHECK(entry->mark->boot == current_boot());
    CHECK(entry->operations == 1);
    if (next != 0) CHECK(entry->first_sequence == next);
    next = entry->first_sequence + 1;
  }
}

TEST_CASE("a flipped byte in a log costs one record, and its offset is reported",
          "[rocksdb][wal]") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random{seed};
  const test_folder folder;
  const fs::path log = make_log(folder, 100);
  const auto good = read(log);
  for (int round = 0; round < 60; ++round) {
    const std::uint64_t at = random() % good.offsets.back();
    CAPTURE(at);
    flip_byte(log, at);
    const auto found = read(log);
    flip_byte(log, at);
    // A byte between the last record of a block and its end is unused.
    if (found.contents == good.contents) continue;
    REQUIRE(found.damages.size() == 1);
    REQUIRE(found.damages[0].offset <= at);
    REQUIRE_FALSE(found.damages[0].truncated);
    REQUIRE(found.contents.back() == good.contents.back());
    // Even if the byte is in a length, the records after it are found.
    REQUIRE(found.contents.size() == good.contents.size() - 1);
  }
}

TEST_CASE("a length that reaches past the end of a log is damage where records follow",
          "[rocksdb][wal]") {
  const test_folder folder;
  const fs::path log = make_log(folder, 100);
  const auto good = read(log);
  flip_byte(log, good.offsets[98] + 5);  // the upper byte of the length
  const auto found = read(log);
  REQUIRE(found.damages.size() == 1);
  CHECK(found.damages[0].offset == good.offsets[98]);
  CHECK_FALSE(found.damages[0].truncated);
  CHECK(found.contents.size() == 99);
  CHECK(found.contents.back() == good.contents.back());
}

TEST_CASE("a log truncated at any byte yields a prefix of its records", "[rocksdb][wal]") {
  const test_folder folder;
  const fs::path log = make_log(folder, 40);
  const auto good = read(log);
  const auto size = fs::file_size(log);
  for (std::uint64_t cut = size; cut > 0; cut -= std::min<std::uint64_t>(cut, 997)) {
    CAPTURE(cut);
    fs::resize_file(log, cut);
    const auto found = read(log);
    REQUIRE(found.contents.size() <= good.contents.size());
    REQUIRE(std::equal(found.contents.begin(), found.contents.end(), good.contents.begin()));
    for (const auto& damage : found.damages) CHECK(damage.truncated);
  }
}

TEST_CASE("pages of zeros in a log are damage, not its end", "[rocksdb][wal]") {
  const test_folder folder;
  const fs::path log = make_log(folder, 200);
  const auto good = read(log);
  {
    std::fstream bytes{log, std::ios::in | std::ios::out | std::ios::binary};
    bytes.seekp(40960);
    bytes << std::string(8192, '\0');
  }
  const auto found = read(log);
  CHECK(found.damages.size() == 1);
  CHECK(found.contents.size() < good.contents.size());
  CHECK(found.contents.back() == good.contents.back());
}

TEST_CASE("a missing log is an error", "[rocksdb][wal]") {
  recorder found;
  const auto failed = read_wal("/nonexistent/000001.log", found);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == errc::io_failed);
}
