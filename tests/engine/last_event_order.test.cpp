// Lists of runs in the order of their last event, which no index has.

#include <string>
#include <vector>

#include "persistence/conformance.hpp"
#include "persistence/migrations.hpp"
#include "persistence/rocksdb/rocksdb_store.hpp"
#include "persistence/testing/stored_runs.hpp"
#include "tests/engine/fixture.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

using ids = std::vector<std::string>;

ids ids_of(const run_page& page) {
  ids found;
  for (const auto& run : page.runs) found.push_back(run.key.id.str());
  return found;
}

ids listed(const engine& e, run_order order, const std::string& where = {}) {
  const auto page = e.runs().list({.where = where, .order = order});
  REQUIRE(page);
  CHECK(page->next.empty());
  return ids_of(*page);
}

/// All pages of one run each.
ids in_pages(const engine& e, run_order order) {
  run_filter filter{.limit = 1, .order = order};
  ids seen;
  do {
    const auto page = e.runs().list(filter);
    REQUIRE(page);
    for (const auto& id : ids_of(*page)) seen.push_back(id);
    filter.cursor = page->next;
  } while (!filter.cursor.empty());
  return seen;
}

/// Completed runs: the one that started first ended last.
void fill_with_ended_runs(const settings& used, int runs) {
  const auto store = persistence::open_rocksdb_store(used.storage.data_dir, {}).value();
  REQUIRE(persistence::prepare_schema(*store));
  std::vector<persistence::batch> all;
  for (int i = 0; i < runs; ++i) {
    persistence::testing::run_to_store run{"r" + std::to_string(i)};
    run.created_us = 1'000'000 + i;
    run.ended_us = 9'000'000 - i;
    all.push_back(persistence::testing::writes_of(run));
  }
  persistence::conformance::commit(*store, all);
  REQUIRE(store->close());
}

}  // namespace

TEST_CASE("runs are listed by their last event, both ways", "[finding]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  for (const char* const id : {"a", "b", "c"}) REQUIRE(e.start("f", {}, {.id = run_id{id}}));
  CHECK(listed(e, run_order::updated_last) == ids{"c", "b", "a"});
  REQUIRE(e.signal(run_id{"a"}, "later"));
  CHECK(listed(e, run_order::updated_last) == ids{"a", "c", "b"});
  CHECK(listed(e, run_order::updated_first) == ids{"b", "c", "a"});
  REQUIRE(e.signal(run_id{"b"}, "go"));
  REQUIRE(e.wait(run_id{"b"}, 10s));
  CHECK(listed(e, run_order::updated_last) == ids{"b", "a", "c"});
  CHECK(listed(e, run_order::updated_last, "status=running") == ids{"a", "c"});
  CHECK(in_pages(e, run_order::updated_last) == ids{"b", "a", "c"});
  CHECK(in_pages(e, run_order::updated_first) == ids{"c", "a", "b"});
  const auto page = e.runs().list({.limit = 1, .order = run_order::updated_last});
  REQUIRE(page);
  CHECK_FALSE(e.runs().list({.cursor = page->next, .order = run_order::updated_first}));
  CHECK_FALSE(e.runs().list({.limit = 0, .order = run_order::updated_first}));
}

TEST_CASE("more runs than can be sorted by their last event are refused", "[finding]") {
  const data_folder folder;
  const auto used = folder.used();
  fill_with_ended_runs(used, static_cast<int>(max_sorted_runs) + 1);
  engine e{used};
  REQUIRE(e.open());
  const auto refused = e.runs().list({.order = run_order::updated_last});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::invalid_argument);
  CHECK(contains(refused.error().message, "more than 10000 runs fit the filter"));
  CHECK(contains(refused.error().message, "narrow the filter"));
  const auto page =
      e.runs().list({.limit = 3, .where = "id^=r99", .order = run_order::updated_last});
  REQUIRE(page);
  CHECK(ids_of(*page) == ids{"r99", "r990", "r991"});
  CHECK_FALSE(page->next.empty());
  const auto first =
      e.runs().list({.limit = 2, .where = "id^=r99", .order = run_order::updated_first});
  REQUIRE(first);
  CHECK(ids_of(*first) == ids{"r9999", "r9998"});
}
