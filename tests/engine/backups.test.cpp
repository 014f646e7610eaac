// Backups of an engine that works.

#include <atomic>
#include <fstream>
#include <thread>

#include "persistence/rocksdb/backups.hpp"
#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

TEST_CASE("a backup under load has every run that was acknowledged before it",
          "[engine][backups]") {
  const auto mode = GENERATE(durability::sync, durability::async, durability::off);
  const data_folder folder, backups, restored;
  settings s = folder.used();
  s.storage.durability = mode;
  std::atomic<int> acknowledged{0};
  std::vector<int> before;
  {
    engine e{s};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(single("f", "set", {{"values", {{"a", 1}}}})));
    std::atomic<bool> ends{false};
    std::thread load{[&] {
      for (int i = 0; !ends; ++i) {
        start_options how;
        how.id = run_id{"r" + std::to_string(i)};
        if (e.start("f", {{"n", i}}, how)) acknowledged = i + 1;
      }
    }};
    for (std::uint32_t id = 1; id <= 3; ++id) {
      const int more = acknowledged + 20;
      while (acknowledged < more) std::this_thread::yield();
      before.push_back(acknowledged);
      const auto made = e.back_up(backups.path);
      if (!made) FAIL_CHECK(made.error().message);
      if (made) CHECK(made->id == id);
    }
    ends = true;
    load.join();
    REQUIRE(e.stop());
  }
  const auto listed = persistence::list_backups(backups.path);
  REQUIRE(listed);
  REQUIRE(listed->size() == 3);
  for (std::uint32_t id = 1; id <= 3; ++id) {
    const data_folder target;
    const auto done = persistence::restore_backup(backups.path, id, target.path);
    if (!done) FAIL(done.error().message);
    settings used = target.used();
    used.storage.durability = mode;
    engine e{used};
    REQUIRE(e.open());
    for (int i = 0; i < before[id - 1]; ++i) {
      const run_id run{"r" + std::to_string(i)};
      const auto ended = e.wait(run, 30s);
      REQUIRE(ended);
      REQUIRE(ended->data == json{{"n", i}, {"a", 1}});
    }
  }
}

TEST_CASE("a store in memory has no backups", "[engine][backups]") {
  const data_folder backups;
  engine e{quiet_settings()};
  REQUIRE(e.open());
  CHECK(e.back_up(backups.path).error().code == errc::not_supported);
  CHECK(e.compact().error().code == errc::not_supported);
  CHECK_FALSE(std::filesystem::exists(backups.path));
}

TEST_CASE("the space of deleted runs is given back", "[engine][backups]") {
  const data_folder folder;
  engine e{folder.used()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "set", {{"values", {{"a", 1}}}})));
  std::vector<run_id> runs;
  for (int i = 0; i < 40; ++i) {
    // Text that does not compress well.
    std::string text;
    for (int n = 0; n < 5'000; ++n)
      text += std::to_string(std::hash<int>{}(i * 7'919 + n * 104'729));
    const auto done = e.start_and_wait("f", {{"text", text}}, 30s);
    REQUIRE(done);
    runs.push_back(done->summary.key.id);
  }
  const auto full = e.compact();
  REQUIRE(full);
  for (const auto& id : runs) REQUIRE(e.runs().remove(id));
  const auto empty = e.compact();
  REQUIRE(empty);
  CHECK(full->bytes_after > 500'000);
  CHECK(empty->bytes_after < full->bytes_after / 4);
}
