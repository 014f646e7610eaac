#include "persistence/last_event.hpp"

#include "persistence/conformance.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/testing/stored_runs.hpp"
#include "persistence/values/unopened.hpp"

using namespace pawl;
using namespace pawl::persistence;

namespace {

/// A run with checkpoints at 10, 20 and 30 s.
run_summary store_run_of_30_s(store& to, const std::string& id, run_status status) {
  const persistence::testing::run_to_store run{id, status, 0};
  batch writes = persistence::testing::writes_of(run);
  const std::string hash = pawl::detail::run_hash(run.key());
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
    flow::delta change;
    change.sequence = sequence;
    change.at = time_point{std::chrono::seconds{10 * sequence}};
    writes.put(column::checkpoints, keys::checkpoint(hash, sequence), encode_delta(change));
  }
  conformance::commit(to, {writes});
  return persistence::testing::record_of(run).summary;
}

}  // namespace

TEST_CASE("the last event of a run is that of its last checkpoint", "[runs]") {
  memory_store store;
  for (const auto status : {run_status::running, run_status::paused, run_status::failed}) {
    const auto run = store_run_of_30_s(store, std::string{to_string(status)}, status);
    const auto last = find_last_event(*store.durable_view(), run);
    REQUIRE(last);
    CHECK(last->at == time_point{std::chrono::seconds{30}});
    CHECK(last->bytes > 0);
  }
}

TEST_CASE("the last event of a run that cannot continue is its end", "[runs]") {
  memory_store store;
  const auto run = store_run_of_30_s(store, "a", run_status::completed);
  const auto last = find_last_event(*store.durable_view(), run);
  REQUIRE(last);
  CHECK(last->at == *run.finished_at);
  CHECK(last->bytes == 0);
}

TEST_CASE("a damaged last checkpoint is reported", "[runs]") {
  memory_store store;
  const auto run = store_run_of_30_s(store, "a", run_status::running);
  batch damage;
  damage.put(column::checkpoints, keys::checkpoint(pawl::detail::run_hash(run.key), 3), "x");
  conformance::commit(store, {damage});
  const auto last = find_last_event(*store.durable_view(), run);
  REQUIRE_FALSE(last);
  CHECK(last.error().code == errc::corrupt);
}

TEST_CASE("without its key the last event of a run is its end, or its begin", "[runs]") {
  memory_store store;
  for (const auto status : {run_status::running, run_status::failed}) {
    const auto run = store_run_of_30_s(store, std::string{to_string(status)}, status);
    batch closed;
    closed.put(column::checkpoints, keys::checkpoint(pawl::detail::run_hash(run.key), 3),
               std::string{values::to_value(values::unopened::no_key)});
    conformance::commit(store, {closed});
    const auto last = find_last_event(*store.durable_view(), run);
    REQUIRE(last);
    CHECK(last->at == run.finished_at.value_or(run.created_at));
  }
}
