// Statistics of runs: by period, day and flow, equal to a recount.

#include <pawl/run_statistics.hpp>

#include <future>

#include "actors/engine_context.hpp"
#include "persistence/conformance.hpp"
#include "persistence/keys.hpp"
#include "persistence/migrations.hpp"
#include "persistence/rocksdb/rocksdb_store.hpp"
#include "persistence/run_counts.hpp"
#include "persistence/testing/stored_runs.hpp"
#include "runtime/core.hpp"
#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

time_point clock_now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

/// A store with runs that started some time ago and ended at once.
class past_runs {
 public:
  explicit past_runs(const settings& used)
      : store_(persistence::open_rocksdb_store(used.storage.data_dir, {}).value()) {
    REQUIRE(persistence::prepare_schema(*store_));
  }
  ~past_runs() { REQUIRE(store_->close()); }

  void add(const std::string& id, time_point at, run_status ended) {
    persistence::testing::run_to_store run{id, ended};
    run.created_us = run.ended_us = to_unix_us(at);
    persistence::conformance::commit(*store_, {persistence::testing::writes_of(run)});
  }

 private:
  std::unique_ptr<persistence::store> store_;
};

run_statistics read_statistics(const engine& e, std::size_t days = 30) {
  const auto all = scope_statistics{e.scope()}.read({days});
  REQUIRE(all);
  return *all;
}

/// The counters of runs that are not 0, as stored and added up again.
void check_counters(engine& e) {
  const auto now = engine_access::core(e).running()->store->durable_view();
  auto expected = persistence::recount_runs(*now);
  REQUIRE(expected);
  std::map<std::string, std::int64_t> stored;
  for (const auto& [key, bytes] :
       persistence::conformance::scan(*now, persistence::column::counters))
    if (key.front() != 'q') stored[key] = persistence::decode_counter(bytes).value();
  CHECK(stored == *expected);
}

}  // namespace

TEST_CASE("statistics have the runs of each period and day", "[statistics]") {
  const data_folder folder;
  const auto settings = folder.used();
  const time_point now = clock_now();
  {
    past_runs filled{settings};
    filled.add("hour", now - 1h, run_status::completed);
    filled.add("week", now - 72h, run_status::failed);
    filled.add("month", now - 240h, run_status::cancelled);
    filled.add("year", now - 2'400h, run_status::completed);
    filled.add("years", now - 24'000h, run_status::failed);
  }
  engine e{settings};
  REQUIRE(e.open());
  const auto all = read_statistics(e);
  CHECK(all.last_24_hours == run_activity{1, 1, 0, 0});
  CHECK(all.last_7_days == run_activity{2, 1, 1, 0});
  CHECK(all.last_30_days == run_activity{3, 1, 1, 1});
  CHECK(all.older == run_activity{2, 1, 1, 0});
  CHECK(all.complete);
  REQUIRE(all.oldest);
  CHECK(all.oldest->id == run_id{"years"});
  REQUIRE(all.newest);
  CHECK(all.newest->id == run_id{"hour"});
  CHECK(all.newest->created_at == now - 1h);
  const auto day_of = [](time_point t) { return std::chrono::floor<std::chrono::days>(t); };
  REQUIRE(all.days.size() == 3);
  CHECK(all.days[0] == daily_activity{day_of(now - 1h), flow_name{"order"}, {1, 1, 0, 0}});
  CHECK(all.days[1] == daily_activity{day_of(now - 72h), flow_name{"order"}, {1, 0, 1, 0}});
  CHECK(all.days[2] == daily_activity{day_of(now - 240h), flow_name{"order"}, {1, 0, 0, 1}});
  CHECK(read_statistics(e, 5).days.size() == 2);
  CHECK(read_statistics(e, 5).last_30_days == all.last_30_days);
  CHECK(read_statistics(e, 366).days.size() == 4);
  std::uint64_t runs = 0;
  for (const auto& each : all.runs) runs += each.count;
  CHECK(runs == 5);
}

TEST_CASE("statistics follow the starts, ends, retries and deletions of runs", "[statistics]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("waits", "signal", {{"name", "go"}})));
  REQUIRE(e.put_flow(task_flow("works", "core.echo")));
  REQUIRE(e.put_flow(task_flow("fails", "core.fail")));
  CHECK_FALSE(read_statistics(e).oldest);
  CHECK(read_statistics(e).days.empty());
  for (const char* const id : {"a", "b", "c"})
    REQUIRE(e.start_and_wait("works", {}, 10s, {.id = run_id{id}}));
  REQUIRE(e.start_and_wait("fails", {}, 10s, {.id = run_id{"f"}}));
  REQUIRE(e.start("waits", {}, {.id = run_id{"w"}}));
  CHECK(read_statistics(e).last_24_hours == run_activity{5, 3, 1, 0});
  check_counters(e);
  REQUIRE(e.runs().retry(run_id{"f"}));
  REQUIRE(e.wait(run_id{"f"}, 10s));
  REQUIRE(e.runs().cancel(run_id{"w"}));
  REQUIRE(e.runs().remove(run_id{"b"}));
  const auto all = read_statistics(e);
  CHECK(all.last_24_hours == run_activity{4, 2, 1, 1});
  CHECK(all.older == run_activity{});
  CHECK(all.oldest->id == run_id{"a"});
  CHECK(all.newest->id == run_id{"w"});
  check_counters(e);
  for (const char* const id : {"a", "c", "f", "w"}) REQUIRE(e.runs().remove(run_id{id}));
  CHECK(read_statistics(e).days.empty());
  check_counters(e);
}

TEST_CASE("statistics of another scope, and of a wrong number of days", "[statistics]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("works", "core.echo")));
  REQUIRE(e.start_and_wait("works", {}, 10s));
  std::promise<result<run_statistics>> answer;
  scope_statistics{*e.scope("other")}.read_async(
      {}, [&](result<run_statistics> all) { answer.set_value(std::move(all)); });
  const auto other = answer.get_future().get();
  REQUIRE(other);
  CHECK(other->last_30_days == run_activity{});
  for (const std::size_t days : {std::size_t{0}, std::size_t{367}}) {
    const auto refused = scope_statistics{e.scope()}.read({days});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::invalid_argument);
    CHECK(refused.error().message == "invalid days: " + std::to_string(days) + "; use 1 to 366");
  }
}
