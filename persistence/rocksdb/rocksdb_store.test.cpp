#include "persistence/rocksdb/rocksdb_store.hpp"

#include "persistence/conformance.hpp"
#include "persistence/rocksdb/test_folder.hpp"
#include "persistence/values/test_codec.hpp"

using namespace pawl;
using namespace pawl::persistence;
using namespace pawl::persistence::conformance;
using namespace pawl::persistence::rocks;

TEST_CASE("the RocksDB store fulfils the store contract in every mode", "[rocksdb][conformance]") {
  const auto mode = GENERATE(durability::sync, durability::async, durability::off);
  CAPTURE(static_cast<int>(mode));
  const test_folder folder;
  check_contract({[&] { return open_good(folder.store(), {.mode = mode}); }, true});
}

TEST_CASE("a RocksDB store that encrypts fulfils the store contract", "[rocksdb][conformance]") {
  const test_folder folder;
  rocksdb_options options;
  options.codec = values::codec_with(values::key_line("k", '1'));
  check_contract({[&] { return open_good(folder.store(), options); }, true});
}

TEST_CASE("writes survive the death of the process, except in mode off", "[rocksdb]") {
  const auto mode = GENERATE(durability::sync, durability::async, durability::off);
  CAPTURE(static_cast<int>(mode));
  const test_folder folder;
  const auto living = open_good(folder.store(), {.mode = mode});
  for (int i = 0; i < 100; ++i) {
    batch changes = putting(column::runs, {{std::to_string(i), std::string(300, 'v')}});
    changes.add("n", 1);
    write(*living, {changes});
  }
  const fs::path killed = folder.root() / "killed";
  copy_as_killed(folder.store(), killed);
  const auto reopened = open_good(killed, {.mode = mode});
  const bool kept = mode != durability::off;
  CHECK(scan(*reopened->durable_view(), column::runs).size() == (kept ? 100 : 0));
  CHECK(counter(*reopened->durable_view(), "n") == (kept ? 100 : 0));
}

TEST_CASE("a store can be reopened in another mode", "[rocksdb]") {
  const test_folder folder;
  int n = 0;
  for (const auto mode : {durability::off, durability::sync, durability::async, durability::off,
                          durability::async, durability::sync}) {
    const auto opened = open_good(folder.store(), {.mode = mode});
    CHECK(scan(*opened->durable_view(), column::runs).size() == static_cast<std::size_t>(n));
    commit(*opened, {putting(column::runs, {{std::to_string(n++), ""}})});
  }
}

TEST_CASE("views outlive their store and keep its folder locked", "[rocksdb]") {
  const test_folder folder;
  auto opened = open_good(folder.store());
  auto held = commit(*opened, {putting(column::runs, {{"k", "v"}})});
  opened.reset();
  CHECK(get(*held, column::runs, "k") == "v");
  CHECK(open_bad(folder.store()).code == errc::locked);
  held.reset();
  open_good(folder.store());
}

TEST_CASE("the log stays short, and obsolete logs do no harm", "[rocksdb]") {
  const test_folder folder;
  const fs::path first = folder.root() / "first";
  const fs::path later = folder.root() / "later";
  const auto opened = open_good(folder.store());
  for (int i = 0; i < 1200; ++i) {
    commit(*opened, {putting(column::checkpoints, {{std::to_string(i), std::string(90'000, 'x')}}),
                     putting(column::runs, {{std::to_string(i), std::string(100, 'r')}})});
    if (i == 10) copy_as_killed(folder.store(), first);
  }
  copy_as_killed(folder.store(), later);
  std::uintmax_t bytes = 0;
  for (const auto& log : files_of(later, ".log")) bytes += fs::file_size(log);
  CHECK(bytes < std::uintmax_t{64} << 20);

  // A crash can leave an obsolete log although later logs are deleted. That is not a gap.
  const auto old = files_of(first, ".log").back();
  REQUIRE_FALSE(fs::exists(later / old.filename()));
  fs::copy_file(old, later / old.filename());
  CHECK(scan(*open_good(later)->durable_view(), column::checkpoints).size() == 1200);
}

TEST_CASE("the number of entries that are replayed after a crash is bounded", "[rocksdb]") {
  const test_folder folder;
  const fs::path killed = folder.root() / "killed";
  rocksdb_options options;
  options.log_entries = 5'000;
  const auto opened = open_good(folder.store(), options);
  for (int i = 0; i < 1'000; ++i) {
    batch writes;
    for (int k = 0; k < 100; ++k)
      writes.put(column::runs, std::to_string(i * 100 + k), std::string(100, 'r'));
    commit(*opened, {writes});
  }
  copy_as_killed(folder.store(), killed);
  std::uintmax_t bytes = 0;
  for (const auto& log : files_of(killed, ".log")) bytes += fs::file_size(log);
  CHECK(bytes < std::uintmax_t{5} << 20);  // of 11 MiB that were written; a log has 0.5 MiB
  CHECK(scan(*open_good(killed)->durable_view(), column::runs).size() == 100'000);
}

TEST_CASE("the gauges of a store on disk show what was written", "[rocksdb]") {
  const test_folder folder;
  const auto opened = open_rocksdb_store(folder.store());
  REQUIRE(opened);
  const auto before = (*opened)->gauges();
  batch writes;
  for (int i = 0; i < 1'000; ++i)
    writes.put(column::runs, "run" + std::to_string(i), std::string(1'000, 'x'));
  const batch* const all[] = {&writes};
  REQUIRE((*opened)->write(all));
  const auto after = (*opened)->gauges();
  CHECK(after.log_bytes > before.log_bytes + 900'000);
  CHECK(after.memtable_bytes > before.memtable_bytes + 900'000);
  CHECK(after.level0_tables < 20);
  CHECK_FALSE(after.writes_stopped);
}
