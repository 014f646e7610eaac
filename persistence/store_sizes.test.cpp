#include "persistence/store_sizes.hpp"

#include <algorithm>

#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/migrations.hpp"
#include "persistence/rocksdb/store_info.hpp"
#include "persistence/rocksdb/test_folder.hpp"
#include "persistence/testing/stored_runs.hpp"

using namespace pawl;
using namespace pawl::persistence;
using persistence::testing::run_to_store;
using persistence::testing::writes_of;

namespace {

record_sum sum_of(const store_sizes& sizes, std::string_view scope, std::string_view flow) {
  for (const auto& each : sizes.flows)
    if (each.scope == scope && each.flow == flow) return each.sum;
  return {};
}

record_sum sum_of_kind(const store_sizes& sizes, column where, std::string_view kind) {
  for (const auto& each : sizes.kinds)
    if (each.where == where && each.kind == kind) return each.sum;
  return {};
}

batch with_input(const run_to_store& run, std::string flow) {
  batch writes;
  flow::run_input input;
  input.key = run.key();
  input.flow = {flow_name{std::move(flow)}, {1, 0, 0}};
  writes.put(column::checkpoints, keys::input(pawl::detail::run_hash(input.key)),
             encode_input(input));
  return writes;
}

/// Two runs of the flow "order" in one scope, one of it in another.
void fill_sizes(store& opened) {
  REQUIRE(prepare_schema(opened));
  std::vector<batch> all;
  for (const run_to_store& run :
       {run_to_store{"r1", run_status::completed, 3}, run_to_store{"r2", run_status::failed, 5},
        run_to_store{"r3", run_status::completed, 2, {}, "", 1, 2, "x"}}) {
    all.push_back(writes_of(run));
    all.push_back(with_input(run, "order"));
  }
  conformance::commit(opened, all);
}

void check_sums(const store_sizes& sizes, const view& of) {
  record_sum counted;
  for (const column where : all_columns) {
    REQUIRE(of.scan(where, {}, [&](std::string_view key, std::string_view value) {
      counted.add({1, key.size() + value.size()});
      return view::next::more;
    }));
  }
  CHECK(sizes.all == counted);
  record_sum of_kinds, of_flows;
  for (const auto& each : sizes.kinds) of_kinds.add(each.sum);
  for (const auto& each : sizes.flows) of_flows.add(each.sum);
  CHECK(of_kinds == counted);
  CHECK(of_flows == counted);
}

}  // namespace

TEST_CASE("a store is measured by kind of record, scope and flow", "[contents]") {
  memory_store opened;
  fill_sizes(opened);
  const auto now = opened.durable_view();
  const auto sizes = measure_contents(*now);
  REQUIRE(sizes);
  check_sums(*sizes, *now);
  CHECK(sum_of_kind(*sizes, column::checkpoints, "checkpoints").records == 10);
  CHECK(sum_of_kind(*sizes, column::checkpoints, "inputs").records == 3);
  CHECK(sum_of_kind(*sizes, column::indexes, "runs by status").records == 3);
  // Two runs, each with a record and a list entry, their inputs, and 8 checkpoints.
  CHECK(sum_of(*sizes, "default", "order").records >= 2 * 3 + 8);
  CHECK(sum_of(*sizes, "x", "order").records >= 3 + 2);
  CHECK(sum_of(*sizes, "", "").records == 1);  // the schema
  CHECK(std::is_sorted(sizes->kinds.begin(), sizes->kinds.end(), [](const auto& a, const auto& b) {
    return a.where != b.where ? a.where < b.where : a.sum.bytes > b.sum.bytes;
  }));
}

TEST_CASE("records of a run without a readable input belong to no flow", "[contents]") {
  memory_store opened;
  fill_sizes(opened);
  const std::string hash = pawl::detail::run_hash(run_to_store{"r2"}.key());
  batch damage;
  damage.put(column::checkpoints, keys::input(hash), "damaged");
  conformance::commit(opened, {damage});
  const auto now = opened.durable_view();
  const auto sizes = measure_contents(*now);
  REQUIRE(sizes);
  check_sums(*sizes, *now);
  CHECK(sum_of(*sizes, "", "").records == 1 + 6);
}

TEST_CASE("the measure of a large store reports its progress", "[contents]") {
  memory_store opened;
  batch many;
  for (int i = 0; i < 20'000; ++i)
    many.put(column::indexes, keys::journal_group(static_cast<std::uint64_t>(i)), "x");
  conformance::commit(opened, {many});
  std::vector<record_sum> reports;
  REQUIRE(measure_contents(*opened.durable_view(),
                           [&](const record_sum& read) { reports.push_back(read); }));
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].records == 8192);
  CHECK(reports[1].records == 2 * 8192);
  CHECK(reports[1].bytes > reports[0].bytes);
}

TEST_CASE("a store on disk is measured without a process that uses it", "[contents][rocksdb]") {
  const rocks::test_folder folder;
  fill_sizes(*rocks::open_good(folder.store()));
  const auto sizes = measure_rocksdb_contents(folder.store());
  REQUIRE(sizes);
  CHECK(sizes->disk_bytes > 0);
  CHECK(sum_of(sizes->sizes, "default", "order").records >= 14);
  check_sums(sizes->sizes, *rocks::open_good(folder.store())->durable_view());
}
