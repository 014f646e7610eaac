#include "persistence/rocksdb/wal_check.hpp"

#include "tests/support/catch.hpp"

using namespace pawl::persistence::rocks;

namespace {

constexpr std::uint64_t this_boot = 77;
constexpr std::uint64_t earlier_boot = 55;

/// Each record has ten operations: record n has the sequence numbers 10n+1 to 10n+10.
wal_entry record(std::uint64_t n, const wal_mark& mark) {
  return {10 * n + 1, 10, mark};
}

/// The mark of a store that was empty when it was opened.
wal_mark synced_to(std::uint64_t n, std::uint64_t boot = earlier_boot) {
  return {0, 10 * n, boot};
}

}  // namespace

TEST_CASE("a mark is decoded from the head of a batch", "[rocksdb][wal]") {
  const wal_mark mark{1, 0x0102030405060708, UINT64_MAX};
  const std::string encoded = encode_mark(mark);
  REQUIRE(encoded.size() == 28);
  std::string batch{"\x05\0\0\0\0\0\0\0\x02\0\0\0\x03\x1c", 14};
  batch += encoded + "operations";
  const auto entry = parse_entry(batch);
  REQUIRE(entry);
  CHECK(entry->first_sequence == 5);
  CHECK(entry->operations == 2);
  CHECK(entry->mark == mark);

  const auto unmarked = parse_entry(std::string_view{batch}.substr(0, 30));
  REQUIRE(unmarked);
  CHECK_FALSE(unmarked->mark.has_value());
  CHECK_FALSE(parse_entry("too short").has_value());
}

TEST_CASE("logs without a gap are complete", "[rocksdb][wal]") {
  wal_check check{{.boot = this_boot}};
  check.begin_log(8);  // the records of earlier logs are in tables
  for (std::uint64_t n = 40; n < 45; ++n) check.on_entry(0, record(n, synced_to(n)));
  check.begin_log(9);
  check.on_entry(0, {451, 0, std::nullopt});  // internal to RocksDB
  for (std::uint64_t n = 45; n < 50; ++n) check.on_entry(0, record(n, synced_to(n)));
  check.finish();
  CHECK_FALSE(check.loss().has_value());
  CHECK(check.skipped().empty());
}

TEST_CASE("a truncated last record is the result of a killed process", "[rocksdb][wal]") {
  const auto boot = GENERATE(this_boot, earlier_boot);
  wal_check check{{.boot = this_boot}};
  check.begin_log(1);
  check.on_entry(0, record(0, synced_to(0, boot)));
  check.on_damage(400, true);
  check.finish();
  CHECK_FALSE(check.loss().has_value());
}

TEST_CASE("a damaged end is a loss only if the machine was not restarted", "[rocksdb][wal]") {
  const auto boot = GENERATE(this_boot, earlier_boot);
  wal_check check{{.boot = this_boot}};
  check.begin_log(1);
  check.on_entry(0, record(0, synced_to(0, boot)));
  check.on_damage(400, false);
  check.finish();
  CHECK(check.loss().has_value() == (boot == this_boot));
}

TEST_CASE("a damaged end does not show that there were records", "[rocksdb][wal]") {
  const auto synced = GENERATE(std::uint64_t{0}, std::uint64_t{20});
  wal_check check{{.boot = this_boot, .synced = synced}};
  check.begin_log(3);
  check.on_entry(0, record(0, synced_to(0, this_boot)));
  check.on_damage(200, false);
  check.finish();
  REQUIRE(check.loss().has_value());
  CHECK(check.loss()->damaged);
  CHECK(check.loss()->is_certain == (synced > 0));
}

TEST_CASE("unsynced records after a gap are skipped", "[rocksdb][wal]") {
  wal_check check{{.boot = this_boot}};
  check.begin_log(3);
  check.on_entry(0, record(0, synced_to(0)));
  check.on_entry(100, record(1, synced_to(0)));
  check.on_damage(200, false);                   // record 2
  check.on_entry(300, record(3, synced_to(2)));  // up to record 1 was synced
  check.on_entry(400, record(4, synced_to(2)));
  check.finish();
  CHECK_FALSE(check.loss().has_value());
  CHECK(check.skipped() == wal_check::record_set{{3, 31}, {3, 41}});
}

TEST_CASE("a gap in synced records is a loss", "[rocksdb][wal]") {
  wal_check check{{.boot = this_boot}};
  check.begin_log(3);
  check.on_entry(0, record(0, synced_to(0)));
  check.on_damage(200, false);                   // record 1
  check.on_entry(300, record(2, synced_to(1)));  // record 1 not yet synced
  check.on_entry(400, record(3, synced_to(2)));  // record 1 synced
  check.finish();
  REQUIRE(check.loss().has_value());
  CHECK(check.loss()->log == 3);
  CHECK(check.loss()->offset == 200);
  CHECK(check.loss()->damaged);
}

TEST_CASE("a gap in records of the current boot is a loss", "[rocksdb][wal]") {
  wal_check check{{.boot = this_boot}};
  check.begin_log(3);
  check.on_entry(0, record(0, synced_to(0, this_boot)));
  check.on_damage(200, false);
  check.on_entry(300, record(2, synced_to(0, this_boot)));
  check.finish();
  CHECK(check.loss().has_value());
}

TEST_CASE("a gap at the start is measured from the opening of the store", "[rocksdb][wal]") {
  wal_check check{{.boot = this_boot}};
  check.begin_log(3);
  check.on_damage(0, false);
  SECTION("nothing synced since") {
    check.on_entry(300, record(9, {70, 70, earlier_boot}));
    CHECK_FALSE(check.loss().has_value());
    CHECK(check.skipped().size() == 1);
  }
  SECTION("a record synced since") {
    check.on_entry(300, record(9, {70, 80, earlier_boot}));
    CHECK(check.loss().has_value());
  }
}

TEST_CASE("a log that lost whole records at its end is detected in the next log",
          "[rocksdb][wal]") {
  const std::uint64_t synced = GENERATE(1u, 2u);
  wal_check check{{.boot = this_boot}};
  check.begin_log(3);
  check.on_entry(0, record(0, synced_to(0)));
  check.begin_log(4);
  check.on_entry(0, record(2, synced_to(synced)));
  check.finish();
  CHECK(check.loss().has_value() == (synced == 2));
  CHECK(check.skipped() == wal_check::record_set{{4, 21}});
  if (check.loss()) {
    CHECK(check.loss()->log == 4);
    CHECK_FALSE(check.loss()->damaged);
  }
}

TEST_CASE("records that an earlier recovery dropped are not missed again", "[rocksdb][wal]") {
  // A power failure damaged the first log. The store then continued from record 1 in another log
  // and was killed before it deleted the first.
  wal_check check{{.boot = this_boot}};
  check.begin_log(3);
  check.on_entry(0, record(0, synced_to(0)));
  check.on_damage(100, false);
  check.on_entry(200, record(2, synced_to(0)));
  check.begin_log(5);
  check.on_entry(0, record(1, {10, 10, this_boot}));
  check.on_entry(100, record(2, {10, 20, this_boot}));
  check.finish();
  CHECK_FALSE(check.loss().has_value());
  CHECK(check.skipped() == wal_check::record_set{{3, 21}});
}

TEST_CASE("obsolete logs are ignored", "[rocksdb][wal]") {
  wal_check check{{.boot = this_boot, .first_needed_log = 7}};
  check.begin_log(3);
  check.on_entry(0, record(0, synced_to(0)));
  check.begin_log(7);  // 4 to 6 are deleted
  check.on_entry(0, record(9, synced_to(9)));
  check.finish();
  CHECK_FALSE(check.loss().has_value());
  CHECK(check.skipped().empty());
}

TEST_CASE("an obsolete log is ignored, whatever is missing after it", "[rocksdb][wal]") {
  const auto boot = GENERATE(this_boot, earlier_boot);
  wal_check check{{.boot = this_boot, .first_needed_log = 7, .first_sequence = 91}};
  check.begin_log(3);
  check.on_entry(0, record(0, synced_to(0, boot)));
  check.on_damage(100, false);
  check.begin_log(5);  // 4 and 6 are deleted
  check.on_entry(0, record(4, synced_to(3, boot)));
  check.begin_log(7);
  check.on_entry(0, record(9, synced_to(9, boot)));
  check.finish();
  CHECK_FALSE(check.loss().has_value());
  CHECK(check.skipped().empty());
  CHECK(check.last_kept() == 100);
}

TEST_CASE("a log that ends before the mark of the store is a loss", "[rocksdb][wal]") {
  const auto boot = GENERATE(this_boot, earlier_boot);
  const auto synced = GENERATE(10u, 11u);
  wal_check check{{.boot = this_boot, .first_needed_log = 3, .synced = synced}};
  check.begin_log(3);
  check.on_entry(0, record(0, synced_to(0, boot)));
  SECTION("truncated") {
    check.on_damage(100, true);
  }
  SECTION("at the end of a record") {}
  check.finish();
  CHECK(check.loss().has_value() == (synced == 11));
}

TEST_CASE("without records, the logs end where they begin", "[rocksdb][wal]") {
  const auto synced = GENERATE(40u, 41u);
  SECTION("a known start") {
    wal_check check{{.first_needed_log = 3, .first_sequence = 41, .synced = synced}};
    check.finish();
    CHECK(check.loss().has_value() == (synced == 41));
  }
  SECTION("the end of the tables") {
    wal_check check{{.first_needed_log = 3, .in_tables = 40, .synced = synced}};
    check.finish();
    CHECK(check.loss().has_value() == (synced == 41));
  }
}

TEST_CASE("a damaged start of a needed log is measured from the start of that log",
          "[rocksdb][wal]") {
  const auto synced = GENERATE(40u, 41u);
  wal_check check{{.first_needed_log = 3, .first_sequence = 41}};
  check.begin_log(3);
  check.on_damage(0, false);
  check.on_entry(700, {51, 10, wal_mark{0, synced, earlier_boot}});
  check.finish();
  CHECK(check.loss().has_value() == (synced == 41));
}

TEST_CASE("unsynced records lost in the current boot are a loss only if they were promised",
          "[rocksdb][wal]") {
  const bool exact = GENERATE(true, false);
  wal_check check{{.boot = this_boot, .synced = 10, .synced_is_exact = exact}};
  check.begin_log(3);
  check.on_entry(0, record(0, synced_to(0, this_boot)));
  check.on_damage(200, false);
  SECTION("with a record after them") {
    check.on_entry(300, record(2, synced_to(1, this_boot)));
  }
  SECTION("at the end") {}
  check.finish();
  CHECK(check.loss().has_value() == !exact);
}

TEST_CASE("the boot of the machine is known on Linux", "[rocksdb][wal]") {
  CHECK(current_boot() == current_boot());
#ifdef __linux__
  CHECK(current_boot() != 0);
#endif
}
