// Leases of workers: expiry, release, heartbeats, restarts.
#include <optional>

#include "tests/engine/worker_fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

TEST_CASE("a task whose lease has expired goes to another worker", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("order")));
  const auto run = e.start("order");
  REQUIRE(run);
  auto wanted = poll_as("w1");
  wanted.lease_time = 1s;
  const auto first = e.workers().poll(wanted);
  REQUIRE(first);
  REQUIRE(first->size() == 1);
  const auto second = take_one(e, "w2");
  CHECK(second.id.task == first->front().id.task);
  CHECK(second.idempotency_key == first->front().idempotency_key);
  check_is_lost(e.workers().complete(first->front().id, {json{{"by", "w1"}}}));
  CHECK(e.workers().heartbeat(first->front().id).error().type == "lease_lost");
  REQUIRE(e.workers().complete(second.id, {json{{"by", "w2"}}}));
  CHECK(e.wait(run->id, 10s)->data.at("by") == "w2");
}

TEST_CASE("a released task goes to the next worker at once", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("order")));
  REQUIRE(e.start("order"));
  const auto task = take_one(e);
  REQUIRE(e.workers().release(task.id));
  check_is_lost(e.workers().release(task.id));
  check_is_lost(e.workers().complete(task.id, {json::object()}));
  const auto again = take_one(e, "w2");
  CHECK(again.id.task == task.id.task);
  CHECK(e.workers().complete(again.id, {json::object()}));
}

TEST_CASE("a heartbeat delivers log lines and returns pause and cancel requests", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("order")));
  const auto run = e.start("order");
  REQUIRE(run);
  const auto task = take_one(e);
  const auto events = e.events().watch(run->id);
  const auto calm = e.workers().heartbeat(task.id, 0.5, {{log_level::warning, "slow"}});
  REQUIRE(calm);
  CHECK(calm->wish == task_wish::none);
  const auto line = events->next(10s);
  REQUIRE(line);
  CHECK(line->what.kind == "step_log");
  CHECK(line->what.node == "work");
  CHECK(line->what.detail == json{{"level", "warning"}, {"message", "slow"}});
  const auto progress = events->next(10s);
  REQUIRE(progress);
  CHECK(progress->what.detail.at("fraction") == 0.5);
  REQUIRE(e.runs().pause(run->id));
  CHECK(e.workers().heartbeat(task.id)->wish == task_wish::pause);
  REQUIRE(e.runs().cancel(run->id));
  CHECK(e.workers().heartbeat(task.id).error().type == "lease_lost");
  check_is_lost(e.workers().complete(task.id, {json{{"late", true}}}));
  CHECK_FALSE(e.get(run->id)->data.contains("late"));
}

TEST_CASE("queued and leased tasks survive a restart of the engine", "[workers]") {
  const data_folder folder;
  std::optional<worker_task> held;
  {
    engine e{worker_settings_in(folder.path)};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(worked("order")));
    for (const char* id : {"r1", "r2", "r3"}) {
      start_options options;
      options.id = run_id{id};
      REQUIRE(e.start("order", json::object(), options));
    }
    held = take_one(e);
  }
  engine e{worker_settings_in(folder.path)};
  REQUIRE(e.open());
  const auto overview = e.workers().list();
  REQUIRE(overview);
  REQUIRE(overview->queues.size() == 1);
  CHECK(overview->queues[0].queued == 2);
  CHECK(overview->queues[0].leased == 1);
  // A log line still has its node.
  const auto events = e.events().watch(held->run);
  REQUIRE(e.workers().heartbeat(held->id, {}, {{log_level::info, "still here"}}));
  const auto line = events->next(10s);
  REQUIRE(line);
  CHECK(line->what.node == "work");
  REQUIRE(e.workers().complete(held->id, {json{{"by", "the first"}}}));
  CHECK(e.wait(held->run, 10s)->data.at("by") == "the first");
  const auto rest = e.workers().poll(poll_as("w2", 10s, 10));
  REQUIRE(rest);
  REQUIRE(rest->size() == 2);
  for (const auto& task : *rest) REQUIRE(e.workers().complete(task.id, {json::object()}));
  for (const auto& task : *rest)
    CHECK(e.wait(task.run, 10s)->summary.status == run_status::completed);
  CHECK(e.workers().list()->queues.empty());
}

TEST_CASE("a lease that was held across a restart expires too", "[workers]") {
  const data_folder folder;
  {
    engine e{worker_settings_in(folder.path)};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(worked("order")));
    REQUIRE(e.start("order"));
    auto wanted = poll_as("w1");
    wanted.lease_time = 1s;
    REQUIRE(e.workers().poll(wanted)->size() == 1);
  }
  engine e{worker_settings_in(folder.path)};
  REQUIRE(e.open());
  const auto again = take_one(e, "w2");
  CHECK(e.workers().complete(again.id, {json::object()}));
}
