// Deleting ended runs, on a real engine.

#include <thread>

#include "actors/engine_context.hpp"
#include "persistence/conformance.hpp"
#include "persistence/keys.hpp"
#include "persistence/rocksdb/rocksdb_store.hpp"
#include "persistence/run_index.hpp"
#include "persistence/run_removal.hpp"
#include "runtime/core.hpp"
#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

/// What an engine stores of runs: records of the columns of runs, but the journal.
std::size_t records_of_runs(engine& e) {
  using namespace persistence;
  const auto now = engine_access::core(e).running()->store->durable_view();
  std::size_t records = conformance::scan(*now, column::runs).size() +
                        conformance::scan(*now, column::checkpoints).size();
  for (const auto& [key, value] : conformance::scan(*now, column::indexes))
    if (key.front() != 'j' && key.front() != 'b') ++records;
  return records;
}

/// A flow that fails.
json refusing(const std::string& name) {
  return flow_named(
      name, {node("begin", "start"), node("no", "fail", {{"error", "refused"}, {"message", "no"}})},
      {edge("begin", "no")});
}

/// The number of runs, as the counters say.
std::uint64_t counted_runs(const engine& e) {
  std::uint64_t runs = 0;
  const auto counts = e.runs().counts();
  REQUIRE(counts);
  for (const auto& each : *counts) runs += each.count;
  return runs;
}

template <class Condition>
void until(Condition holds) {
  for (int looks = 0; looks < 1'500; ++looks) {
    if (holds()) return;
    std::this_thread::sleep_for(20ms);
  }
  FAIL("the condition did not come true");
}

start_options with_id(const std::string& id) {
  start_options how;
  how.id = run_id{id};
  return how;
}

void put_parent_and_child(const engine& e) {
  REQUIRE(e.put_flow(single("child", "set", {{"values", {{"a", 1}}}})));
  REQUIRE(e.put_flow(single("parent", "subflow", {{"flow", "child"}})));
  REQUIRE(e.put_flow(single("grandparent", "subflow", {{"flow", "parent"}})));
}

/// The id of the run that `parent` has started.
run_id started_by(const engine& e, const run_id& parent) {
  const auto runs = e.runs().list();
  REQUIRE(runs);
  for (const auto& each : runs->runs)
    if (each.parent == parent) return each.key.id;
  FAIL("it has started no run");
  return run_id{};
}

}  // namespace

TEST_CASE("a deleted run is gone, and its id can be used again", "[engine][removal]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "set", {{"values", {{"a", 1}}}})));
  REQUIRE(e.start_and_wait("f", {{"n", 1}}, 30s, with_id("r")));
  const auto removed = e.runs().remove(run_id{"r"});
  REQUIRE(removed);
  CHECK(removed->runs == 1);
  CHECK(removed->records > 0);
  CHECK(e.get(run_id{"r"}).error() == error{errc::not_found, "no such run: r"});
  CHECK(e.runs().history(run_id{"r"}).error().code == errc::not_found);
  CHECK(e.runs().remove(run_id{"r"}).error().code == errc::not_found);
  CHECK(e.runs().list()->runs.empty());
  CHECK(counted_runs(e) == 0);
  CHECK(records_of_runs(e) == 0);
  // Events of deleted runs are gone from the stream of all.
  const auto events = e.events().read(journal_position{});
  REQUIRE(events);
  CHECK(events->events.empty());

  const auto again = e.start_and_wait("f", {{"n", 2}}, 30s, with_id("r"));
  REQUIRE(again);
  CHECK(again->data == json{{"n", 2}, {"a", 1}});
  CHECK(counted_runs(e) == 1);
}

TEST_CASE("a run that has not ended is not deleted", "[engine][removal]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  REQUIRE(e.start("f", {}, with_id("r")));
  const auto refused = e.runs().remove(run_id{"r"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error() ==
        error{errc::illegal_transition,
              "cannot delete run r: it is running. Cancel it, or wait until it has ended"});
  REQUIRE(e.runs().pause(run_id{"r"}));
  CHECK(e.runs().remove(run_id{"r"}).error().code == errc::illegal_transition);
  REQUIRE(e.runs().cancel(run_id{"r"}));
  CHECK(e.runs().remove(run_id{"r"}));
  CHECK(records_of_runs(e) == 0);
}

TEST_CASE("subflows are deleted with their parent, and not without it", "[engine][removal]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  put_parent_and_child(e);
  const auto done = e.start_and_wait("grandparent", json::object(), 30s);
  REQUIRE(done);
  CHECK(counted_runs(e) == 3);
  const auto removed = e.runs().remove(done->summary.key.id);
  REQUIRE(removed);
  CHECK(removed->runs == 3);
  CHECK(counted_runs(e) == 0);
  CHECK(records_of_runs(e) == 0);

  REQUIRE(
      e.put_flow(flow_named("fails",
                            {node("begin", "start"), node("work", "subflow", {{"flow", "child"}}),
                             node("no", "fail", {{"error", "refused"}, {"message", "no"}})},
                            {edge("begin", "work"), edge("work", "no")})));
  const auto failed = e.start_and_wait("fails", json::object(), 30s);
  REQUIRE(failed);
  REQUIRE(failed->summary.status == run_status::failed);
  const auto refused = e.runs().remove(started_by(e, failed->summary.key.id));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::illegal_transition);
  CHECK(e.runs().remove(failed->summary.key.id)->runs == 2);
  CHECK(records_of_runs(e) == 0);
}

TEST_CASE("a run that is kept is deleted only after its release", "[engine][removal]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  put_parent_and_child(e);
  const auto done = e.start_and_wait("parent", json::object(), 30s);
  REQUIRE(done);
  const run_id parent = done->summary.key.id, child = started_by(e, parent);
  CHECK(e.runs().keep(run_id{"none"}).error().code == errc::not_found);
  CHECK(e.runs().get(child)->kept == false);
  REQUIRE(e.runs().keep(child));
  REQUIRE(e.runs().keep(child));
  CHECK(e.runs().get(child)->kept == true);
  CHECK(e.runs().get(parent)->kept == false);
  CHECK(e.runs().remove(parent).error().type == persistence::kept_error);
  cleanup_options all;
  all.older_than = 0ms;
  const auto left = e.runs().clean_up(all);
  REQUIRE(left);
  CHECK(left->kept == 1);
  CHECK(left->runs == 0);
  REQUIRE(e.runs().release(child));
  CHECK(e.runs().get(child)->kept == false);
  CHECK(e.runs().remove(parent)->runs == 2);
  CHECK(records_of_runs(e) == 0);
}

TEST_CASE("deletions and retries of the same runs exclude each other", "[engine][removal]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(refusing("f")));
  constexpr int runs = 200;
  for (int i = 0; i < runs; ++i)
    REQUIRE(e.start_and_wait("f", json::object(), 30s, with_id("r" + std::to_string(i))));
  int retried = 0, unknown = 0;
  std::thread retrying{[&] {
    for (int i = 0; i < runs; ++i) {
      const auto done = e.runs().retry(run_id{"r" + std::to_string(i)});
      ++(done ? retried : unknown);
    }
  }};
  int removed = 0;
  for (int i = runs - 1; i >= 0; --i)
    if (e.runs().remove(run_id{"r" + std::to_string(i)})) ++removed;
  retrying.join();
  CHECK(retried + unknown == runs);
  // Each run is there as a whole or not at all.
  for (int i = 0; i < runs; ++i) {
    const run_id id{"r" + std::to_string(i)};
    if (!e.get(id)) continue;
    REQUIRE(e.wait(id, 30s));
    REQUIRE(e.runs().remove(id));
    ++removed;
  }
  CHECK(removed == runs);
  CHECK(counted_runs(e) == 0);
  CHECK(records_of_runs(e) == 0);
}

TEST_CASE("a cleanup deletes the ended runs in pages, and a dry run none", "[engine][removal]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  put_parent_and_child(e);
  REQUIRE(e.put_flow(single("waits", "signal", {{"name", "go"}})));
  for (int i = 0; i < 25; ++i) REQUIRE(e.start_and_wait("parent", json::object(), 30s));
  REQUIRE(e.start("waits", {}, with_id("stopped")));
  REQUIRE(e.runs().cancel(run_id{"stopped"}));
  REQUIRE(e.start("waits", {}, with_id("waiting")));
  REQUIRE(e.start("waits", {}, with_id("paused")));
  REQUIRE(e.runs().pause(run_id{"paused"}));
  const auto clean = [&](bool dry_run) {
    cleanup_page all;
    cleanup_options how;
    how.older_than = 0ms;
    how.dry_run = dry_run;
    how.limit = 10;
    int pages = 0;
    do {
      const auto page = e.runs().clean_up(how);
      REQUIRE(page);
      CHECK(page->completed + page->cancelled <= 10);
      all.completed += page->completed;
      all.cancelled += page->cancelled;
      all.runs += page->runs;
      all.records += page->records;
      all.bytes += page->bytes;
      CHECK(page->kept + page->in_use + page->damaged == 0);
      how.cursor = page->next;
      ++pages;
    } while (!how.cursor.empty());
    CHECK(pages == 3);
    return all;
  };
  const cleanup_page counted = clean(true);
  CHECK(counted_runs(e) == 53);
  const cleanup_page cleaned = clean(false);
  for (const auto* const page : {&counted, &cleaned}) {
    CHECK(page->completed == 25);
    CHECK(page->cancelled == 1);
    CHECK(page->runs == 51);
  }
  CHECK(counted.records == cleaned.records);
  CHECK(counted.bytes == cleaned.bytes);
  CHECK(counted_runs(e) == 2);
  CHECK(e.get(run_id{"waiting"})->summary.status == run_status::running);
  CHECK(e.get(run_id{"paused"})->summary.status == run_status::paused);
}

TEST_CASE("a cleanup without an age, or with a bad page, is refused", "[engine][removal]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  CHECK(e.runs().clean_up().error().code == errc::invalid_argument);
  cleanup_options bad;
  bad.older_than = 0ms;
  bad.cursor = "6162";
  CHECK(
      e.runs().clean_up(bad).error() ==
      error{errc::invalid_argument, "invalid cursor; use the one returned with the previous page"});
  bad.cursor.clear();
  bad.limit = 1'001;
  CHECK(e.runs().clean_up(bad).error().code == errc::invalid_argument);
  CHECK(e.load()->commands_in_flight == 0);
}

TEST_CASE("who watches a run gets its deletion as the last event", "[engine][removal]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  put_parent_and_child(e);
  const auto done = e.start_and_wait("parent", json::object(), 30s);
  REQUIRE(done);
  const run_id child = started_by(e, done->summary.key.id);
  const auto events = e.events().watch(child);
  REQUIRE(e.runs().remove(done->summary.key.id));
  const auto last = events->next(30s);
  REQUIRE(last);
  CHECK(last->what.kind == "run_deleted");
  CHECK(last->what.checkpoint == 0);
  CHECK(last->run.id == child);
}

TEST_CASE("the cursor of a cleanup is bound to its scope", "[engine][removal]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  put_parent_and_child(e);
  for (int i = 0; i < 3; ++i) REQUIRE(e.start_and_wait("child", json::object(), 30s));
  cleanup_options how;
  how.older_than = 0ms;
  how.dry_run = true;
  how.limit = 1;
  const auto page = e.runs().clean_up(how);
  REQUIRE(page);
  how.cursor = page->next;
  REQUIRE_FALSE(how.cursor.empty());
  CHECK(e.runs().clean_up(how));
  const auto other = e.scope("other");
  REQUIRE(other);
  CHECK(other->runs().clean_up(how).error().code == errc::invalid_argument);
}

TEST_CASE("the retention settings delete ended runs by themselves", "[engine][removal]") {
  settings s = quiet_settings();
  s.retention.completed_for_ms = 1ms;
  s.retention.interval_ms = 10ms;
  engine e{s};
  REQUIRE(e.open());
  put_parent_and_child(e);
  REQUIRE(e.put_flow(refusing("fails")));
  REQUIRE(e.put_flow(single("waits", "signal", {{"name", "go"}})));
  REQUIRE(e.start("waits", {}, with_id("waiting")));
  REQUIRE(e.start_and_wait("fails", json::object(), 30s, with_id("failed")));
  for (int i = 0; i < 100; ++i) REQUIRE(e.start("parent"));
  until([&] { return counted_runs(e) == 2; });
  CHECK(e.get(run_id{"waiting"}));
  CHECK(e.get(run_id{"failed"}));
}

TEST_CASE("a deletion that the last process has begun is completed when the engine opens",
          "[engine][removal]") {
  const data_folder folder;
  {
    engine e{folder.used()};
    REQUIRE(e.open());
    put_parent_and_child(e);
    start_options how = with_id("r");
    REQUIRE(e.start_and_wait("parent", json::object(), 30s, how));
    REQUIRE(e.stop());
  }
  {
    // The first batch of a deletion that needs several: the run is unknown, its records are there.
    using namespace persistence;
    const auto store = open_rocksdb_store(folder.path);
    REQUIRE(store);
    const run_key key{default_scope(), run_id{"r"}};
    const auto record = load_removable(*(*store)->durable_view(), key, removed_as::root);
    REQUIRE(record);
    batch begun;
    begun.erase(column::runs, keys::run(key));
    for (auto& entry : index_keys(record->summary, false))
      begun.erase(column::indexes, std::move(entry));
    begun.add(keys::runs_with_status(key.scope, run_status::completed), -1);
    begun.put(column::indexes, keys::removed_run(key), {});
    conformance::commit(**store, {begun});
  }
  engine e{folder.used()};
  REQUIRE(e.open());
  CHECK(e.get(run_id{"r"}).error().code == errc::not_found);
  CHECK(counted_runs(e) == 0);
  CHECK(records_of_runs(e) == 0);
}
