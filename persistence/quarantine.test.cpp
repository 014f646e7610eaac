#include "persistence/quarantine.hpp"

#include "flow/testing/driven_run.hpp"
#include "persistence/conformance.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/runs.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;
using namespace pawl::persistence::conformance;

namespace {

using all_records = std::map<std::string, std::string>;

const run_key poisoned{default_scope(), run_id{"r1"}};

/// All records of a store but the one that names the suspects.
all_records all_but_suspects(const view& now) {
  all_records all;
  for (const column where : all_columns) {
    REQUIRE(now.scan(where, {}, [&](std::string_view key, std::string_view value) {
      const bool is_suspect = where == column::indexes && key == keys::suspect(poisoned);
      const bool is_zero = where == column::counters && decode_counter(value) == 0;
      if (!is_suspect && !is_zero)
        all.emplace(std::string{to_string(where)} + std::string{key}, value);
      return view::next::more;
    }));
  }
  return all;
}

void store_run(memory_store& store) {
  flow::testing::driven_run run{flow::testing::chain(
      {flow::testing::start(), flow::testing::task("a"), flow::testing::end()})};
  REQUIRE(run.begin());
  commit(store, {run_recorder{run.state().key}
                     .record(run.state(), run.flow(), run.last().change, 10'000)
                     .writes});
}

suspect die(memory_store& store) {
  batch writes;
  const auto what = note_death(*store.durable_view(), poisoned, "SIGSEGV", writes);
  REQUIRE(what);
  commit(store, {writes});
  return *what;
}

run_summary summary(const memory_store& store) {
  return (*load_record(*store.durable_view(), poisoned))->summary;
}

}  // namespace

TEST_CASE("a run is quarantined at the second death of the process", "[quarantine]") {
  memory_store store;
  store_run(store);
  const all_records before = all_but_suspects(*store.durable_view());
  CHECK_FALSE(die(store).is_quarantined());
  CHECK(summary(store).status == run_status::running);
  CHECK(all_but_suspects(*store.durable_view()) == before);
  CHECK(die(store).is_quarantined());
  CHECK(summary(store).status == run_status::failed);
  CHECK(summary(store).error->type == "engine.quarantined");
  CHECK(summary(store).error->message.find("SIGSEGV") != std::string::npos);
  const auto now = store.durable_view();
  std::size_t runnable = 0;
  REQUIRE(now->scan(column::indexes, keys::runnable_runs(), [&](auto, auto) {
    ++runnable;
    return view::next::more;
  }));
  CHECK(runnable == 0);
  CHECK(*now->counter(keys::runs_with_status(default_scope(), run_status::failed)) == 1);
  CHECK(*now->counter(keys::runs_with_status(default_scope(), run_status::running)) == 0);
  CHECK(load_suspects(*now)->size() == 1);
}

TEST_CASE("a released run is as it was before its quarantine", "[quarantine]") {
  memory_store store;
  store_run(store);
  const all_records before = all_but_suspects(*store.durable_view());
  die(store);
  die(store);
  const auto suspects = load_suspects(*store.durable_view());
  REQUIRE(suspects);
  REQUIRE(suspects->size() == 1);
  batch writes;
  const auto released = release(*store.durable_view(), suspects->front(), writes);
  REQUIRE(released);
  CHECK(released->status == run_status::running);
  commit(store, {writes});
  CHECK(all_but_suspects(*store.durable_view()) == before);
  CHECK(load_suspects(*store.durable_view())->empty());
}

TEST_CASE("a run that has finished or does not exist is no suspect", "[quarantine]") {
  memory_store store;
  batch writes;
  CHECK(note_death(*store.durable_view(), poisoned, "SIGSEGV", writes)->deaths == 0);
  CHECK(writes.empty());
}
