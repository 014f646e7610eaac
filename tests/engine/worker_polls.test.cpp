// Polls of workers: which tasks they receive, and when.
#include <future>
#include <optional>
#include <set>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "tests/engine/worker_fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

TEST_CASE("a waiting poll receives a new task at once", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("order")));
  std::vector<worker_task> got;
  std::thread worker{[&] {
    if (auto tasks = e.workers().poll(poll_as("w1", 60s))) got = *tasks;
  }};
  const auto run = e.start("order");
  worker.join();
  REQUIRE(run);
  REQUIRE(got.size() == 1);
  CHECK(got[0].run == run->id);
}

TEST_CASE("a poll receives tasks of its queue, scope and functions only", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("order", {{"queue", "gpu"}})));
  REQUIRE(e.start("order"));
  const auto other = e.scope("other");
  REQUIRE(other);
  auto wanted = poll_as("w1", 0ms);
  wanted.queue = "gpu";
  CHECK(other->workers().poll(wanted)->empty());
  CHECK(e.workers().poll(poll_as("w1", 0ms))->empty());
  wanted.functions = {"w.other"};
  CHECK(e.workers().poll(wanted)->empty());
  wanted.functions = {"w.charge"};
  wanted.wait = 10s;
  CHECK(e.workers().poll(wanted)->size() == 1);
}

TEST_CASE("invalid polls and leases are refused", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  const auto refused = [&](auto change) {
    auto wanted = poll_as("w1", 0ms);
    change(wanted);
    const auto answer = e.workers().poll(wanted);
    return !answer && answer.error().code == errc::invalid_argument;
  };
  CHECK(refused([](task_poll& p) { p.worker = ""; }));
  CHECK(refused([](task_poll& p) { p.queue = "a b"; }));
  CHECK(refused([](task_poll& p) { p.functions.clear(); }));
  CHECK(refused([](task_poll& p) { p.functions = {"../x"}; }));
  CHECK(refused([](task_poll& p) { p.max = 0; }));
  CHECK(refused([](task_poll& p) { p.max = 101; }));
  CHECK(refused([](task_poll& p) { p.wait = -1ms; }));
  CHECK(refused([](task_poll& p) { p.wait = 61s; }));
  CHECK(refused([](task_poll& p) { p.lease_time = 999ms; }));
  for (const char* bad : {"", "x", "r~1", "r~1.2", "r~1.2.x", "~1.1.1", "r~-1.1.1", "r~1.1.1.1"})
    CHECK(e.workers().complete({bad, "7"}, {}).error().code == errc::invalid_argument);
  for (const char* bad : {"", "0", "x", "-1", "7x"})
    CHECK(e.workers().complete({"r~1.1.1", bad}, {}).error().code == errc::invalid_argument);
  check_is_lost(e.workers().complete({"r~1.1.1", "7"}, {}));
  CHECK(e.workers().heartbeat({"r~1.1.1", "7"}).error().type == "lease_lost");
}

TEST_CASE("a withdrawn poll ends at once without a task", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("order")));
  std::stop_source gone;
  std::promise<result<std::vector<worker_task>>> ended;
  e.workers().poll_async(
      poll_as("gone", 60s), [&](auto tasks) { ended.set_value(std::move(tasks)); },
      gone.get_token());
  auto answer = ended.get_future();
  CHECK(answer.wait_for(0s) == std::future_status::timeout);
  gone.request_stop();
  REQUIRE(answer.wait_for(20s) == std::future_status::ready);
  const auto tasks = answer.get();
  REQUIRE(tasks);
  CHECK(tasks->empty());
  const auto run = e.start("order");
  REQUIRE(run);
  CHECK(take_one(e, "w2").run == run->id);
  // The same for a poll that is withdrawn before it starts.
  std::promise<result<std::vector<worker_task>>> never;
  REQUIRE(e.start("order"));
  e.workers().poll_async(
      poll_as("late", 60s), [&](auto none) { never.set_value(std::move(none)); }, gone.get_token());
  auto none = never.get_future();
  REQUIRE(none.wait_for(20s) == std::future_status::ready);
  CHECK(none.get()->empty());
}

TEST_CASE("tasks that are queued together each go to a waiting poll at once", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("order")));
  constexpr int workers = 8;
  std::vector<std::promise<std::size_t>> given(workers);
  for (auto& each : given) {
    e.workers().poll_async(poll_as("w", 60s), [&](const result<std::vector<worker_task>>& tasks) {
      each.set_value(tasks ? tasks->size() : 0);
    });
  }
  std::vector<start_request> starts(workers, start_request{.flow = "order"});
  for (const auto& started : e.runs().start_many(std::move(starts))) REQUIRE(started);
  for (auto& each : given) {
    auto tasks = each.get_future();
    REQUIRE(tasks.wait_for(20s) == std::future_status::ready);
    CHECK(tasks.get() == 1);
  }
}

TEST_CASE("polls serve the runs in turn", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  // One run has 20 tasks before the other run has one.
  json many{{"name", "many"},
            {"nodes",
             {{{"id", "begin"}, {"type", "start"}},
              {{"id", "all"},
               {"type", "map"},
               {"data", {{"items", {{"var", "items"}}}, {"max_concurrency", 20}}}},
              {{"id", "work"}, {"type", "task"}, {"data", {{"code_ref", "w.charge"}}}},
              {{"id", "end"}, {"type", "end"}}}},
            {"edges",
             {{{"source", "begin"}, {"target", "all"}},
              {{"source", "all"}, {"target", "work"}, {"data", {{"each", true}}}},
              {{"source", "all"}, {"target", "end"}}}}};
  REQUIRE(e.put_flow(many));
  REQUIRE(e.put_flow(worked("order")));
  json items = json::array();
  for (int i = 0; i < 20; ++i) items.push_back(i);
  const auto busy = e.start("many", {{"items", items}});
  REQUIRE(busy);
  const auto queued = [&] {
    std::uint64_t all = 0;
    const auto overview = e.workers().list();
    for (const auto& q : overview->queues) all += q.queued;
    return all;
  };
  while (queued() < 20) std::this_thread::yield();
  const auto small = e.start("order");
  REQUIRE(small);
  while (queued() < 21) std::this_thread::yield();
  std::set<run_id> served;
  for (int i = 0; i < 2; ++i) served.insert(take_one(e).run);
  CHECK(served == std::set<run_id>{busy->id, small->id});
}

TEST_CASE("waiting polls are answered when the engine stops", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  std::optional<result<std::vector<worker_task>>> answer;
  std::thread worker{[&] { answer = e.workers().poll(poll_as("w1", 60s)); }};
  while (e.workers().list()->workers.empty()) std::this_thread::yield();
  REQUIRE(e.stop());
  worker.join();
  REQUIRE(answer);
  REQUIRE_FALSE(*answer);
  CHECK(answer->error().code == errc::unavailable);
}
