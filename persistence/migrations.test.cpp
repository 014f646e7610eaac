#include "persistence/migrations.hpp"

#include "persistence/codec.hpp"
#include "persistence/conformance.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/record.hpp"
#include "persistence/rocksdb/test_folder.hpp"
#include "persistence/run_counts.hpp"

using namespace pawl;
using namespace pawl::persistence;
using namespace pawl::persistence::conformance;

namespace {

std::optional<std::uint32_t> schema_of(const store& opened) {
  const auto found = read_schema(*opened.durable_view());
  REQUIRE(found);
  return *found;
}

/// Version 3 gives every run a note; version 4 counts the runs.
std::vector<migration> two_steps(int& ran) {
  return {{3, "runs get notes",
           [&ran](const view& before, batch& changes) -> result<void> {
             ++ran;
             return before.scan(column::runs, {}, [&](std::string_view key, std::string_view) {
               changes.put(column::indexes, "note " + std::string{key}, "");
               return view::next::more;
             });
           }},
          {4, "runs are counted", [&ran](const view& before, batch& changes) -> result<void> {
             ++ran;
             return before.scan(column::indexes, {}, [&](std::string_view, std::string_view) {
               changes.add("runs", 1);
               return view::next::more;
             });
           }}};
}

/// A new store has the current schema; makes it one of the first.
void make_first_schema(store& opened) {
  commit(opened, {putting(column::meta, {{keys::schema(), encode_schema({first_schema, {}})}})});
}

void check_migrating(store& opened) {
  make_first_schema(opened);
  commit(opened, {putting(column::runs, {{"a", ""}, {"b", ""}})});
  int ran = 0;
  const auto steps = two_steps(ran);
  REQUIRE(prepare_schema(opened, steps));
  CHECK(ran == 2);
  CHECK(schema_of(opened) == 4);
  CHECK(keys_of(scan(*opened.durable_view(), column::indexes)) ==
        std::vector<std::string>{"note a", "note b"});
  CHECK(counter(*opened.durable_view(), "runs") == 2);

  const auto before = contents(*opened.durable_view());
  REQUIRE(prepare_schema(opened, steps));
  CHECK(ran == 2);
  CHECK(contents(*opened.durable_view()) == before);
}

/// A schema record with this layout version and body.
std::string with_body(std::uint8_t version, std::string_view body) {
  std::string record;
  record_writer out{record, record_kind::schema, version};
  out.bytes(body);
  out.finish();
  return record;
}

}  // namespace

TEST_CASE("the migrations lead to the current schema without gaps", "[migrations]") {
  std::uint32_t version = first_schema;
  for (const auto& step : migrations()) CHECK(step.to == ++version);
  CHECK(version == current_schema());
}

TEST_CASE("an old store is migrated step by step, once", "[migrations]") {
  SECTION("in memory") {
    memory_store opened;
    check_migrating(opened);
  }
  SECTION("on RocksDB") {
    const rocks::test_folder folder;
    check_migrating(*rocks::open_good(folder.store()));
  }
}

TEST_CASE("a failed migration changes nothing and can be repeated", "[migrations]") {
  memory_store opened;
  make_first_schema(opened);
  commit(opened, {putting(column::runs, {{"a", ""}})});
  int ran = 0;
  auto steps = two_steps(ran);
  const auto good = steps[1].run;
  steps[1].run = [](const view&, batch& changes) -> result<void> {
    changes.put(column::runs, "half", "done");
    return error{errc::corrupt, "a run record is damaged"};
  };

  const auto failed = prepare_schema(opened, steps);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == errc::corrupt);
  CHECK(failed.error().message ==
        "migrating the store to schema version 4 (runs are counted): a run record is damaged");
  CHECK(schema_of(opened) == 3);
  CHECK(keys_of(scan(*opened.durable_view(), column::runs)) == std::vector<std::string>{"a"});

  steps[1].run = good;
  REQUIRE(prepare_schema(opened, steps));
  CHECK(schema_of(opened) == 4);
  CHECK(ran == 2);
}

TEST_CASE("a crash after a migration keeps it and its version", "[migrations]") {
  // Each step is synced before the next one runs.
  memory_store opened;
  make_first_schema(opened);
  commit(opened, {putting(column::runs, {{"a", ""}})});
  int ran = 0;
  auto steps = two_steps(ran);
  std::unique_ptr<memory_store> crashed;
  steps[1].run = [&](const view&, batch&) -> result<void> {
    crashed = opened.after_power_loss();
    return {};
  };
  REQUIRE(prepare_schema(opened, steps));
  REQUIRE(crashed != nullptr);
  CHECK(schema_of(*crashed) == 3);
  CHECK(keys_of(scan(*crashed->durable_view(), column::indexes)) ==
        std::vector<std::string>{"note a"});
}

TEST_CASE("a migration of many records is done in parts and continues after a crash",
          "[migrations]") {
  constexpr int records = 2500;
  std::map<std::string, std::string> all;
  for (int n = 0; n < records; ++n) all.emplace(std::to_string(10'000 + n), "");
  auto living = std::make_shared<memory_store>();
  batch filling;
  for (const auto& [key, value] : all) filling.put(column::runs, key, value);
  make_first_schema(*living);
  commit(*living, {filling});

  int parts = 0;
  std::size_t largest = 0;
  std::shared_ptr<memory_store> crashed;
  migration step{3, "runs are counted", {}};
  step.run_part = [&](const view& before, std::string_view from,
                      batch& changes) -> result<std::string> {
    if (++parts == 3) {
      crashed = living->after_power_loss();
      return error{errc::io_failed, "the machine stops"};
    }
    std::string next;
    std::size_t count = 0;
    const auto scanned = before.scan(column::runs, {std::string{from}, ""},
                                     [&](std::string_view key, std::string_view) {
                                       if (count++ == part_records) {
                                         next.assign(key);
                                         return view::next::stop;
                                       }
                                       changes.add("runs", 1);
                                       return view::next::more;
                                     });
    if (!scanned) return scanned.error();
    largest = std::max(largest, changes.operations().size());
    return next;
  };
  CHECK_FALSE(prepare_schema(*living, std::vector{step}));
  REQUIRE(crashed != nullptr);
  CHECK(schema_of(*crashed) == 2);
  CHECK(counter(*crashed->durable_view(), "runs") == 2000);
  REQUIRE(prepare_schema(*crashed, std::vector{step}));
  CHECK(schema_of(*crashed) == 3);
  CHECK(counter(*crashed->durable_view(), "runs") == records);
  CHECK(largest <= part_records);
  REQUIRE(prepare_schema(*crashed, std::vector{step}));
  CHECK(parts == 4);
}

TEST_CASE("a store of schema 2 gets a counter of the unfinished runs of each flow",
          "[migrations]") {
  memory_store opened;
  make_first_schema(opened);
  batch records;
  for (std::size_t i = 0; i < 2'500; ++i) {
    run_record run;
    run.summary.key = {scope_name{"acme"}, run_id{"r" + std::to_string(i)}};
    run.summary.flow = {flow_name{i % 2 == 0 ? "even" : "odd"}, {1, 0, 0}};
    run.summary.status = i % 5 == 0   ? run_status::completed
                         : i % 5 == 1 ? run_status::paused
                                      : run_status::running;
    records.put(column::runs, keys::run(run.summary.key), encode_run(run));
  }
  commit(opened, {records});
  REQUIRE(prepare_schema(opened));
  const auto now = opened.durable_view();
  CHECK(counter(*now, keys::unfinished_runs(scope_name{"acme"}, flow_name{"even"})) == 1'000);
  CHECK(counter(*now, keys::unfinished_runs(scope_name{"acme"}, flow_name{"odd"})) == 1'000);
  CHECK(schema_of(opened) == current_schema());
}

TEST_CASE("a store of schema 4 gets counters of the runs in each hour", "[migrations]") {
  memory_store opened;
  commit(opened, {putting(column::meta, {{keys::schema(), encode_schema({4, {}})}})});
  batch all;
  for (std::size_t i = 0; i < 2'500; ++i) {
    run_record run;
    run.summary.key = {scope_name{"acme"}, run_id{"r" + std::to_string(i)}};
    run.summary.flow = {flow_name{i % 2 == 0 ? "even" : "odd"}, {1, 0, 0}};
    run.summary.status = all_run_statuses[i % 5];
    run.summary.created_at = time_point{std::chrono::hours{400'000} + std::chrono::minutes{i}};
    if (is_finished(run.summary.status))
      run.summary.finished_at = run.summary.created_at + std::chrono::minutes{i % 90};
    all.put(column::runs, keys::run(run.summary.key), encode_run(run));
  }
  commit(opened, {all});
  REQUIRE(prepare_schema(opened));
  const auto now = opened.durable_view();
  auto recounted = recount_runs(*now);
  REQUIRE(recounted);
  std::erase_if(*recounted, [](const auto& each) { return !keys::counted_hour_of(each.first); });
  std::size_t counters = 0;
  for (const auto& [key, bytes] : scan(*now, column::counters)) {
    ++counters;
    CHECK(decode_counter(bytes) == recounted->at(key));
  }
  CHECK(counters == recounted->size());
  CHECK(counter(*now, keys::runs_in_hour(scope_name{"acme"}, {400'000, flow_name{"odd"}})) == 30);
}

TEST_CASE("a store with a damaged run is migrated, and the run is not counted", "[migrations]") {
  memory_store opened;
  make_first_schema(opened);
  batch records;
  run_record run;
  run.summary.flow = {flow_name{"f"}, {1, 0, 0}};
  for (const char* const id : {"a", "b", "c"}) {
    run.summary.key = {scope_name{"acme"}, run_id{id}};
    records.put(column::runs, keys::run(run.summary.key),
                run.summary.key.id.str() == "b" ? "damaged" : encode_run(run));
  }
  commit(opened, {records});
  REQUIRE(prepare_schema(opened));
  CHECK(schema_of(opened) == current_schema());
  CHECK(counter(*opened.durable_view(),
                keys::unfinished_runs(scope_name{"acme"}, flow_name{"f"})) == 2);
}

TEST_CASE("a store of a newer schema is refused and not changed", "[migrations]") {
  memory_store opened;
  commit(opened, {putting(column::meta, {{keys::schema(), encode_schema({100, {}})}})});
  const auto before = contents(*opened.durable_view());
  const auto refused = prepare_schema(opened);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::schema_newer);
  CHECK(refused.error().message ==
        "the store has schema version 100, but this build of Pawl supports versions up to " +
            std::to_string(current_schema()) +
            "; nothing was changed. Use the newer Pawl that wrote it");
  CHECK(contents(*opened.durable_view()) == before);
}

TEST_CASE("a store of a schema from before the first release is refused and not changed",
          "[migrations]") {
  memory_store opened;
  batch changes;
  SECTION("whose records were CBOR") {
    changes.put(column::meta, keys::schema(), with_body(1, "\xa1\x66schema\x01"));
  }
  SECTION("with a record of this layout") {
    changes.put(column::meta, keys::schema(), encode_schema({1}));
  }
  commit(opened, {changes});
  const auto before = contents(*opened.durable_view());
  const auto refused = prepare_schema(opened);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::not_supported);
  CHECK(refused.error().message ==
        "the store has schema version 1, but this build of Pawl supports versions from 2; nothing "
        "was changed. Use the Pawl that wrote it, or an empty data folder");
  CHECK(contents(*opened.durable_view()) == before);
}

TEST_CASE("a schema record that is damaged or missing is reported", "[migrations]") {
  memory_store opened;
  batch changes;
  SECTION("damaged") {
    changes.put(column::meta, keys::schema(), "not a record");
  }
  SECTION("without a number") {
    changes.put(column::meta, keys::schema(), with_body(2, ""));
  }
  SECTION("of version 0") {
    changes.put(column::meta, keys::schema(), encode_schema({0}));
  }
  SECTION("missing, with other records") {
    changes.erase(column::meta, keys::schema());
    changes.put(column::runs, "a", "");
  }
  commit(opened, {changes});
  const auto refused = prepare_schema(opened);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::corrupt);
}
