#include "persistence/run_removal.hpp"

#include <set>

#include "persistence/conformance.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/quarantine.hpp"
#include "persistence/testing/stored_runs.hpp"

using namespace pawl;
using namespace pawl::persistence;
using conformance::commit;
using persistence::testing::run_to_store;

namespace {

/// Every record, and every counter that is not zero.
std::vector<conformance::records> meaning_of(const store& of) {
  auto all = conformance::contents(*of.durable_view());
  auto& counters = all[static_cast<std::size_t>(column::counters)];
  std::erase_if(counters, [](const auto& each) { return decode_counter(each.second) == 0; });
  return all;
}

void store_runs(store& to, const std::vector<run_to_store>& runs) {
  for (const auto& run : runs) commit(to, {persistence::testing::writes_of(run)});
}

/// A parent with three children, one of which has a child, with long histories; and others that
/// are not theirs.
std::vector<run_to_store> family() {
  return {{.id = "parent", .checkpoints = 700, .children = {"a", "b", "c", "not-theirs", "gone"}},
          {.id = "a", .checkpoints = 300, .children = {"a1"}, .parent = "parent"},
          {.id = "a1", .status = run_status::failed, .checkpoints = 20, .parent = "a"},
          {.id = "b", .parent = "parent"},
          {.id = "c", .status = run_status::cancelled, .checkpoints = 256, .parent = "parent"}};
}
std::vector<run_to_store> others() {
  return {{.id = "other", .checkpoints = 40},
          {.id = "not-theirs", .parent = "other"},
          {.id = "parent", .scope = "acme"}};
}

run_key key_of(const std::string& id) {
  return {default_scope(), run_id{id}};
}

error refusal_of(const memory_store& store, const std::string& id) {
  const auto refused = load_family(*store.durable_view(), key_of(id));
  REQUIRE_FALSE(refused);
  return refused.error();
}

}  // namespace

TEST_CASE("a deleted run and its subflows leave nothing behind", "[removal]") {
  memory_store kept;
  store_runs(kept, others());
  const auto wanted = meaning_of(kept);

  memory_store store;
  store_runs(store, others());
  store_runs(store, family());
  const auto family = load_family(*store.durable_view(), key_of("parent"));
  REQUIRE(family);
  std::set<std::string> ids;
  for (const auto& member : *family) ids.insert(member.key.id.str());
  CHECK(ids == std::set<std::string>{"parent", "a", "a1", "b", "c"});

  run_removal removal{store.durable_view(), *family};
  int batches = 0;
  while (true) {
    const auto writes = removal.next();
    REQUIRE(writes);
    if (!*writes) break;
    CHECK((*writes)->operations().size() <= run_removal::max_operations + 16);
    commit(store, {**writes});
    ++batches;
    CHECK_FALSE(conformance::get(*store.durable_view(), column::runs, keys::run(key_of("parent"))));
  }
  CHECK(batches > 4);
  CHECK(meaning_of(store) == wanted);
  CHECK(removal.records() == 700 + 300 + 20 + 1 + 256 + 5);
  CHECK(removal.bytes() > removal.records() * keys::run_hash_bytes);
}

TEST_CASE("a run with few records is deleted by one batch", "[removal]") {
  memory_store store;
  store_runs(store, {{.id = "p", .checkpoints = 9, .children = {"c"}}, {.id = "c", .parent = "p"}});
  auto family = load_family(*store.durable_view(), key_of("p"));
  REQUIRE(family);
  run_removal removal{store.durable_view(), *std::move(family)};
  const auto writes = removal.next();
  REQUIRE(writes);
  REQUIRE(*writes);
  commit(store, {**writes});
  CHECK(meaning_of(store) == meaning_of(memory_store{}));
  const auto end = removal.next();
  REQUIRE(end);
  CHECK_FALSE(*end);
}

TEST_CASE("a deletion that a crash interrupts is completed, whenever it happens", "[removal]") {
  memory_store kept;
  store_runs(kept, others());
  const auto wanted = meaning_of(kept);

  memory_store store;
  store_runs(store, others());
  store_runs(store, family());
  auto family = load_family(*store.durable_view(), key_of("parent"));
  REQUIRE(family);
  run_removal removal{store.durable_view(), *std::move(family)};
  while (true) {
    const auto writes = removal.next();
    REQUIRE(writes);
    if (!*writes) break;
    commit(store, {**writes});
    const auto crashed = store.after_power_loss();
    const auto finished = finish_removals(*crashed);
    REQUIRE(finished);
    CHECK(meaning_of(*crashed) == wanted);
    // A second start finds nothing to do.
    CHECK(*finish_removals(*crashed) == 0u);
  }
  CHECK(*finish_removals(store) == 0u);
}

TEST_CASE("only runs that nothing needs any more can be deleted", "[removal]") {
  memory_store store;
  SECTION("unknown") {
    CHECK(refusal_of(store, "x") == error{errc::not_found, "no such run: x"});
  }
  SECTION("unfinished") {
    store_runs(store, {{.id = "x", .status = run_status::paused}});
    CHECK(refusal_of(store, "x") ==
          error{errc::illegal_transition,
                "cannot delete run x: it is paused. Cancel it, or wait until it has ended"});
  }
  SECTION("with an unfinished subflow") {
    store_runs(store, {{.id = "p", .children = {"x"}},
                       {.id = "x", .status = run_status::running, .parent = "p"}});
    CHECK(refusal_of(store, "p").message ==
          "cannot delete run x: it is running. Cancel it, or wait until it has ended");
  }
  SECTION("of a parent that can be retried") {
    store_runs(store, {{.id = "p", .status = run_status::failed, .children = {"x"}},
                       {.id = "x", .parent = "p"}});
    CHECK(refusal_of(store, "x").message ==
          "cannot delete run x: its parent, run p, is failed and may need it. Delete the parent "
          "when it has ended; its subflows go with it");
    CHECK(load_family(*store.durable_view(), key_of("p")));
  }
  SECTION("of a parent that has ended for good, or is gone, it can") {
    store_runs(store, {{.id = "p", .children = {"x"}},
                       {.id = "x", .parent = "p"},
                       {.id = "y", .parent = "gone"}});
    CHECK(load_family(*store.durable_view(), key_of("x")));
    CHECK(load_family(*store.durable_view(), key_of("y")));
  }
  SECTION("marked to be kept") {
    store_runs(store, {{.id = "p", .children = {"x"}}, {.id = "x", .parent = "p"}});
    batch mark;
    mark.put(column::indexes, keys::kept_run(key_of("x")), {});
    commit(store, {mark});
    const error refused = refusal_of(store, "p");
    CHECK(refused.type == kept_error);
    CHECK(refused.message == "cannot delete run x: it is marked to be kept. Release it first");
  }
  SECTION("quarantined") {
    store_runs(store, {{.id = "x", .status = run_status::failed}});
    const suspect quarantined{key_of("x"), deaths_to_quarantine, "SIGSEGV"};
    batch mark;
    mark.put(column::indexes, keys::suspect(key_of("x")), encode_suspect(quarantined));
    commit(store, {mark});
    CHECK(refusal_of(store, "x").message ==
          "cannot delete run x: it is quarantined. Retry it, then cancel it");
  }
}

TEST_CASE("a run whose history is damaged is not deleted by halves", "[removal]") {
  memory_store store;
  store_runs(store, {{.id = "x", .checkpoints = 3}});
  batch damage;
  const std::string hash = pawl::detail::run_hash(key_of("x"));
  damage.put(column::checkpoints, keys::checkpoint(hash, 2), "damaged");
  commit(store, {damage});
  CHECK(refusal_of(store, "x").code == errc::corrupt);
}
