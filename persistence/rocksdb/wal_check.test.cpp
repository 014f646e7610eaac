#include "persistence/rocksdb/wal_check.hpp"

#include "tests/support/catch.hpp"

using namespace pawl::persistence::rocks;

namespace {

constexpr std::uint64_t this_boot = 77;
constexpr std::uint64_t earlier_boot = 55;

/// Ten operations each, so that the n-th record has the sequences 10n+1 to 10n+10.
wal_entry record(std::uint64_t n, const wal_mark& mark) {
  return {10 * n + 1, 10, mark};
}

/// Of a store that was opened when it was empty.
wal_mark synced_to(std::uint64_t n, std::uint64_t boot = earlier_boot) {
  return {0, 10 * n, boot};
}

}  // namespace

TEST_CASE("a mark is read back from the head of a batch", "[rocksdb][wal]") {
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

TEST_CASE("logs without a gap lose nothing", "[rocksdb][wal]") {
  wal_check judge{this_boot};
  judge.begin_log(8);  // earlier ones are in the tables already
  for (std::uint64_t n = 40; n < 45; ++n) judge.on_entry(0, record(n, synced_to(n)));
  judge.end_log();
  judge.begin_log(9);
  judge.on_entry(0, {451, 0, std::nullopt});  // RocksDB's own
  for (std::uint64_t n = 45; n < 50; ++n) judge.on_entry(0, record(n, synced_to(n)));
  judge.end_log();
  judge.finish();
  CHECK_FALSE(judge.loss().has_value());
  CHECK(judge.left_out().empty());
}

TEST_CASE("an end that is cut short is what a killed process leaves", "[rocksdb][wal]") {
  const auto boot = GENERATE(this_boot, earlier_boot);
  wal_check judge{this_boot};
  judge.begin_log(1);
  judge.on_entry(0, record(0, synced_to(0, boot)));
  judge.on_damage(400, true);
  judge.end_log();
  judge.finish();
  CHECK_FALSE(judge.loss().has_value());
}

TEST_CASE("a bad end is the loss of power, unless there was none", "[rocksdb][wal]") {
  const auto boot = GENERATE(this_boot, earlier_boot);
  wal_check judge{this_boot};
  judge.begin_log(1);
  judge.on_entry(0, record(0, synced_to(0, boot)));
  judge.on_damage(400, false);
  judge.end_log();
  judge.finish();
  CHECK(judge.loss().has_value() == (boot == this_boot));
}

TEST_CASE("records behind a hole that was never synced are left out", "[rocksdb][wal]") {
  wal_check judge{this_boot};
  judge.begin_log(3);
  judge.on_entry(0, record(0, synced_to(0)));
  judge.on_entry(100, record(1, synced_to(0)));
  judge.on_damage(200, false);                   // record 2
  judge.on_entry(300, record(3, synced_to(2)));  // up to record 1 was synced
  judge.on_entry(400, record(4, synced_to(2)));
  judge.end_log();
  judge.finish();
  CHECK_FALSE(judge.loss().has_value());
  CHECK(judge.left_out() == wal_check::record_set{{3, 31}, {3, 41}});
}

TEST_CASE("a hole in what a later record calls synced is a loss", "[rocksdb][wal]") {
  wal_check judge{this_boot};
  judge.begin_log(3);
  judge.on_entry(0, record(0, synced_to(0)));
  judge.on_damage(200, false);                   // record 1
  judge.on_entry(300, record(2, synced_to(1)));  // not yet synced here
  judge.on_entry(400, record(3, synced_to(2)));  // but here
  judge.end_log();
  judge.finish();
  REQUIRE(judge.loss().has_value());
  CHECK(judge.loss()->log == 3);
  CHECK(judge.loss()->offset == 200);
  CHECK(judge.loss()->damaged);
}

TEST_CASE("a hole in what was written since the machine started is a loss", "[rocksdb][wal]") {
  wal_check judge{this_boot};
  judge.begin_log(3);
  judge.on_entry(0, record(0, synced_to(0, this_boot)));
  judge.on_damage(200, false);
  judge.on_entry(300, record(2, synced_to(0, this_boot)));
  judge.end_log();
  judge.finish();
  CHECK(judge.loss().has_value());
}

TEST_CASE("a hole at the very beginning counts from when the store was opened", "[rocksdb][wal]") {
  wal_check judge{this_boot};
  judge.begin_log(3);
  judge.on_damage(0, false);
  SECTION("nothing was synced since") {
    judge.on_entry(300, record(9, {70, 70, earlier_boot}));
    CHECK_FALSE(judge.loss().has_value());
    CHECK(judge.left_out().size() == 1);
  }
  SECTION("something was") {
    judge.on_entry(300, record(9, {70, 80, earlier_boot}));
    CHECK(judge.loss().has_value());
  }
}

TEST_CASE("a log whose end was lost up to a record's border is noticed in the next one",
          "[rocksdb][wal]") {
  const std::uint64_t synced = GENERATE(1u, 2u);
  wal_check judge{this_boot};
  judge.begin_log(3);
  judge.on_entry(0, record(0, synced_to(0)));
  judge.end_log();
  judge.begin_log(4);
  judge.on_entry(0, record(2, synced_to(synced)));
  judge.end_log();
  judge.finish();
  CHECK(judge.loss().has_value() == (synced == 2));
  CHECK(judge.left_out() == wal_check::record_set{{4, 21}});
  if (judge.loss()) {
    CHECK(judge.loss()->log == 4);
    CHECK_FALSE(judge.loss()->damaged);
  }
}

TEST_CASE("what was given up after a crash is not asked for again", "[rocksdb][wal]") {
  // The first log was torn by a loss of power; the store then went on from record 1 in another
  // log, and was killed before it deleted the first.
  wal_check judge{this_boot};
  judge.begin_log(3);
  judge.on_entry(0, record(0, synced_to(0)));
  judge.on_damage(100, false);
  judge.on_entry(200, record(2, synced_to(0)));
  judge.end_log();
  judge.begin_log(5);
  judge.on_entry(0, record(1, {10, 10, this_boot}));
  judge.on_entry(100, record(2, {10, 20, this_boot}));
  judge.end_log();
  judge.finish();
  CHECK_FALSE(judge.loss().has_value());
  CHECK(judge.left_out() == wal_check::record_set{{3, 21}});
}

TEST_CASE("logs that are not needed any more do not count", "[rocksdb][wal]") {
  wal_check judge{this_boot};
  judge.ignore_below(7);
  judge.begin_log(3);
  judge.on_entry(0, record(0, synced_to(0)));
  judge.end_log();
  judge.begin_log(7);  // 4 to 6 were deleted already
  judge.on_entry(0, record(9, synced_to(9)));
  judge.end_log();
  judge.finish();
  CHECK_FALSE(judge.loss().has_value());
  CHECK(judge.left_out().empty());
}

TEST_CASE("the machine's boot is known on Linux", "[rocksdb][wal]") {
  CHECK(current_boot() == current_boot());
#ifdef __linux__
  CHECK(current_boot() != 0);
#endif
}
