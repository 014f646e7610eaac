// Steps that workers run: results, queues, memory.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine/worker_fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

TEST_CASE("a worker's result is the result of the step", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("order", {{"args", {{"currency", "EUR"}}}})));
  const auto run = e.start("order", {{"amount", 42}});
  REQUIRE(run);
  const auto task = take_one(e);
  CHECK(task.run == run->id);
  CHECK(task.node == "work");
  CHECK(task.code_ref == "w.charge");
  CHECK(task.args == json{{"currency", "EUR"}});
  CHECK(task.state.whole() == json{{"amount", 42}});
  CHECK(task.idempotency_key == "default/" + run->id.str() + "/work/1");
  CHECK(task.lease_time == 30s);
  const auto waiting = e.get(run->id);
  REQUIRE(waiting);
  REQUIRE(waiting->waiting_on.size() == 1);
  CHECK(waiting->waiting_on[0].kind == "worker");
  CHECK_FALSE(waiting->parked);
  REQUIRE(e.workers().complete(task.id, {json{{"charged", true}}}));
  const auto done = e.wait(run->id, 10s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
  CHECK(done->data.at("charged") == true);
  check_is_lost(e.workers().complete(task.id, {json{{"charged", false}}}));
}

TEST_CASE("an invalid result fails the step", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("order")));
  const auto run = e.start("order");
  REQUIRE(run);
  REQUIRE(e.workers().complete(take_one(e).id, {json(std::nan(""))}));
  const auto done = e.wait(run->id, 10s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::failed);
  CHECK(done->summary.error->type == "invalid_result");
}

TEST_CASE("at most max_queued_tasks tasks are queued; the others follow as space frees up",
          "[workers][limits]") {
  settings few = worker_settings_in();
  few.worker.max_queued_tasks = 2;
  engine e{few};
  REQUIRE(e.open());
  json nodes{{{"id", "fork"}, {"type", "parallel"}}}, edges = json::array();
  for (const auto* id : {"a", "b", "c", "d", "e"}) {
    nodes.push_back(
        {{"id", id}, {"type", "task"}, {"data", {{"code_ref", "w.charge"}, {"into", id}}}});
    edges.push_back({{"source", "fork"}, {"target", id}});
  }
  REQUIRE(e.put_flow({{"name", "wide"}, {"nodes", nodes}, {"edges", edges}}));
  const auto run = e.start("wide");
  REQUIRE(run);
  std::set<std::string> done;
  while (done.size() < 5) {
    const auto all = e.workers().list();
    REQUIRE(all);
    for (const auto& queue : all->queues) CHECK(queue.queued <= 2);
    const auto tasks = e.workers().poll(poll_as("w1", 10s, 10));
    REQUIRE(tasks);
    for (const auto& task : *tasks) {
      CHECK(done.insert(task.node).second);
      REQUIRE(e.workers().complete(task.id, {json{{"by", task.node}}}));
    }
  }
  const auto over = e.wait(run->id, 10s);
  REQUIRE(over);
  CHECK(over->summary.status == run_status::completed);
  CHECK(over->data.at("e").at("by") == "e");
}

TEST_CASE("without a default queue, an unregistered function fails its step", "[workers]") {
  settings s = worker_settings_in();
  s.worker.default_queue = "";
  engine e{s};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("order")));
  const auto run = e.start_and_wait("order", json::object(), 10s);
  REQUIRE(run);
  CHECK(run->summary.error->type == "unknown_function");
}

TEST_CASE("every task is completed once although workers vanish", "[workers]") {
  constexpr int runs = 200;
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("order")));
  std::vector<run_id> ids;
  for (int i = 0; i < runs; ++i) {
    const auto run = e.start("order", {{"n", i}});
    REQUIRE(run);
    ids.push_back(run->id);
  }
  std::atomic<int> accepted{0};
  std::atomic<int> left{4};
  std::vector<std::thread> workers;
  for (int w = 0; w < 4; ++w) {
    workers.emplace_back([&, w] {
      for (int polls = 0; accepted < runs; ++polls) {
        auto wanted = poll_as("w" + std::to_string(w), 200ms, 8);
        wanted.lease_time = 1s;
        const auto tasks = e.workers().poll(wanted);
        if (!tasks) break;
        // The worker loses the tasks of its third poll.
        if (polls == 2) continue;
        for (const auto& task : *tasks)
          if (e.workers().complete(task.id, {json{{"by", w}}})) ++accepted;
      }
      --left;
    });
  }
  for (auto& w : workers) w.join();
  CHECK(accepted == runs);
  for (const auto& id : ids) {
    const auto done = e.wait(id, 10s);
    REQUIRE(done);
    CHECK(done->summary.status == run_status::completed);
    const auto history = e.runs().history(id);
    REQUIRE(history);
    CHECK(std::count_if(history->begin(), history->end(),
                        [](const history_event& h) { return h.kind == "step_finished"; }) == 1);
  }
}

TEST_CASE("a command with if_checkpoint is refused at another checkpoint", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("order")));
  const auto run = e.start("order");
  REQUIRE(run);
  const auto task = take_one(e);
  const auto now = e.get(run->id);
  REQUIRE(now);
  const auto refused = e.runs().pause(run->id, {.if_checkpoint = now->checkpoint - 1});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::conflict);
  CHECK(refused.error().type == "checkpoint_moved");
  CHECK(e.runs().pause(run->id, {.if_checkpoint = now->checkpoint}));
}

TEST_CASE("a run that waits for a worker leaves memory after a while", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("order")));
  const auto run = e.start("order", {{"amount", 42}});
  REQUIRE(run);
  const auto task = take_one(e);
  CHECK(e.load()->active_runs == 1);
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (e.load()->active_runs > 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(10ms);
  CHECK(e.load()->active_runs == 0);
  REQUIRE(e.workers().complete(task.id, {json{{"charged", true}}}));
  CHECK(e.wait(run->id, 10s)->summary.status == run_status::completed);
}

TEST_CASE("runs that wait for workers leave memory when space is short", "[workers]") {
  auto s = worker_settings_in();
  s.engine.max_active_runs = 2;
  engine e{s};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("order")));
  for (int i = 0; i < 20; ++i) {
    // The previous run may still be leaving memory.
    auto run = e.start("order", {});
    while (!run && run.error().code == errc::overloaded) run = e.start("order", {});
    REQUIRE(run);
  }
  std::size_t taken = 0;
  while (taken < 20) {
    const auto tasks = e.workers().poll(poll_as("w1", 10s, 20));
    REQUIRE(tasks);
    REQUIRE_FALSE(tasks->empty());
    taken += tasks->size();
  }
}
