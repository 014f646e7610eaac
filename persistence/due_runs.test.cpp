#include "persistence/due_runs.hpp"

#include "persistence/conformance.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/testing/stored_runs.hpp"

using namespace pawl;
using namespace pawl::persistence;
using persistence::testing::run_to_store;

namespace {

constexpr due_runs::limits all_at_once{1'000, 1'000};

void add_runs(store& to, const std::vector<run_to_store>& runs) {
  for (const auto& run : runs) conformance::commit(to, {persistence::testing::writes_of(run)});
}

due_runs::rule all_before(std::int64_t us) {
  const time_point at = from_unix_us(us);
  return {at, at, at, {}};
}

/// The ids of the due runs, read in pages, with their scopes if these are not the default one.
std::vector<std::string> due(const store& in, const due_runs::rule& rule,
                             due_runs::limits most = all_at_once) {
  std::vector<std::string> ids;
  std::string after;
  do {
    const auto page = due_runs::find(*in.durable_view(), rule, after, most);
    REQUIRE(page);
    CHECK(page->runs.size() <= most.runs);
    for (const auto& run : page->runs) {
      const std::string scope = run.key.scope == default_scope() ? "" : run.key.scope.str() + "/";
      ids.push_back(scope + run.key.id.str());
    }
    after = page->next;
  } while (!after.empty());
  return ids;
}

using ids = std::vector<std::string>;

}  // namespace

TEST_CASE("due are the runs that ended before the time of their status, oldest first",
          "[due_runs]") {
  memory_store store;
  add_runs(store,
           {{.id = "late", .created_us = 30, .ended_us = 40},
            {.id = "long", .created_us = 10, .ended_us = 400},
            {.id = "early", .created_us = 20, .ended_us = 25},
            {.id = "failed", .status = run_status::failed, .created_us = 1, .ended_us = 2},
            {.id = "stopped", .status = run_status::cancelled, .created_us = 5, .ended_us = 6},
            {.id = "runs", .status = run_status::running, .created_us = 1},
            {.id = "pauses", .status = run_status::paused, .created_us = 1}});
  CHECK(due(store, all_before(1'000)) == ids{"long", "early", "late", "failed", "stopped"});
  CHECK(due(store, all_before(40)) == ids{"early", "failed", "stopped"});
  CHECK(due(store, all_before(2)).empty());
  due_runs::rule only_failed;
  CHECK_FALSE(only_failed.any());
  CHECK(due(store, only_failed).empty());
  only_failed.failed_before = from_unix_us(1'000);
  CHECK(only_failed.any());
  CHECK(due(store, only_failed) == ids{"failed"});
}

TEST_CASE("subflows are due only when their parent is gone", "[due_runs]") {
  memory_store store;
  add_runs(store, {{.id = "p", .children = {"c"}, .created_us = 1, .ended_us = 500},
                   {.id = "c", .parent = "p", .created_us = 2, .ended_us = 3},
                   {.id = "orphan", .parent = "gone", .created_us = 3, .ended_us = 4}});
  CHECK(due(store, all_before(100)) == ids{"orphan"});
}

TEST_CASE("pages of due runs go through all scopes, or one", "[due_runs]") {
  memory_store store;
  ids everything;
  for (const std::string scope : {"acme", "default", "zeta"})
    for (int i = 0; i < 5; ++i) {
      const std::string id = "r" + std::to_string(i);
      add_runs(store, {{.id = id, .created_us = i, .ended_us = 100, .scope = scope}});
      everything.push_back((scope == "default" ? "" : scope + "/") + id);
    }
  for (std::size_t size = 1; size < 18; ++size) {
    CAPTURE(size);
    CHECK(due(store, all_before(1'000), {size, 1'000}) == everything);
    CHECK(due(store, all_before(1'000), {1'000, size}) == everything);
    due_runs::rule one = all_before(1'000);
    one.scope = scope_name{"default"};
    CHECK(due(store, one, {size, 1'000}) == ids{"r0", "r1", "r2", "r3", "r4"});
  }
}

TEST_CASE("a cursor of another scope shows nothing of it", "[due_runs]") {
  memory_store store;
  add_runs(store, {{.id = "x", .scope = "acme"}, {.id = "y"}});
  due_runs::rule one = all_before(10'000'000);
  one.scope = default_scope();
  const std::string forged = keys::listed_run({scope_name{"acme"}, run_id{"z"}},
                                              run_status::completed, false, from_unix_us(0));
  const auto page = due_runs::find(*store.durable_view(), one, forged, all_at_once);
  REQUIRE(page);
  REQUIRE(page->runs.size() == 1);
  CHECK(page->runs[0].key.id == run_id{"y"});
}

TEST_CASE("a damaged record is counted, and the rest is found", "[due_runs]") {
  memory_store store;
  add_runs(store, {{.id = "a", .created_us = 1}, {.id = "c", .created_us = 3}});
  batch damage;
  damage.put(column::indexes,
             keys::listed_run({default_scope(), run_id{"b"}}, run_status::completed, false,
                              from_unix_us(2)),
             "damaged");
  conformance::commit(store, {damage});
  const auto page = due_runs::find(*store.durable_view(), all_before(10'000'000), "", all_at_once);
  REQUIRE(page);
  CHECK(page->runs.size() == 2);
  CHECK(page->damaged == 1);
}
