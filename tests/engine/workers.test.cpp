// Steps that workers do, in a real engine: each task once, whoever is lost.

#include <pawl/engine.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <future>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace std::chrono_literals;

namespace {

settings worker_settings_in(const std::filesystem::path& folder = {}) {
  settings s;
  s.log.level = log_level::error;
  s.storage.data_dir = folder;
  s.worker.default_queue = "default";
  return s;
}

/// A folder of its own, gone at the end.
struct worker_folder {
  worker_folder()
      : path(std::filesystem::temp_directory_path() /
             ("pawl-workers-" + std::to_string(::getpid()) + "-" + std::to_string(next++))) {
    std::filesystem::remove_all(path);
  }
  ~worker_folder() { std::filesystem::remove_all(path); }
  inline static std::atomic<int> next{0};
  std::filesystem::path path;
};

/// A flow whose one step is done by workers.
json worked(const std::string& name, json data = json::object()) {
  if (!data.contains("code_ref")) data["code_ref"] = "w.charge";
  return {{"name", name},
          {"nodes",
           {{{"id", "begin"}, {"type", "start"}},
            {{"id", "work"}, {"type", "task"}, {"data", std::move(data)}},
            {{"id", "end"}, {"type", "end"}}}},
          {"edges",
           {{{"source", "begin"}, {"target", "work"}}, {{"source", "work"}, {"target", "end"}}}}};
}

task_poll poll_as(std::string worker, std::chrono::milliseconds wait = 10s, std::size_t max = 1) {
  task_poll p;
  p.worker = std::move(worker);
  p.functions = {"w.charge", "w.other"};
  p.max = max;
  p.wait = wait;
  return p;
}

worker_task take_one(const engine& e, const std::string& worker = "w1") {
  auto tasks = e.workers().poll(poll_as(worker));
  REQUIRE(tasks);
  REQUIRE(tasks->size() == 1);
  return tasks->front();
}

void check_is_lost(const result<void>& done) {
  REQUIRE_FALSE(done);
  CHECK(done.error().code == errc::conflict);
  CHECK(done.error().type == "lease_lost");
}

}  // namespace

TEST_CASE("a worker does a step of a run and its result is the step's", "[workers]") {
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
  CHECK(*task.state == json{{"amount", 42}});
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

TEST_CASE("no more tasks are queued than may be, and the others come when there is room",
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

TEST_CASE("a poll that came first gets the task, at once", "[workers]") {
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

TEST_CASE("a poll of another queue, scope or function gets nothing", "[workers]") {
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

TEST_CASE("what a poll may not ask is refused", "[workers]") {
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

TEST_CASE("a worker that is not heard of loses its task to another", "[workers]") {
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

TEST_CASE("a task that is given back goes to the next worker at once", "[workers]") {
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

TEST_CASE("a poll that is withdrawn is given no task, and ends at once", "[workers]") {
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
  // One that was withdrawn before it came is no different.
  std::promise<result<std::vector<worker_task>>> never;
  REQUIRE(e.start("order"));
  e.workers().poll_async(
      poll_as("late", 60s), [&](auto none) { never.set_value(std::move(none)); }, gone.get_token());
  auto none = never.get_future();
  REQUIRE(none.wait_for(20s) == std::future_status::ready);
  CHECK(none.get()->empty());
}

TEST_CASE("tasks that come together go to polls that wait, each at once", "[workers]") {
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

TEST_CASE("a worker's heartbeat tells what it logs, and is told what is wished", "[workers]") {
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

TEST_CASE("a result that is no result fails the step", "[workers]") {
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

TEST_CASE("tasks outlive the engine: those that wait, and those that a worker has", "[workers]") {
  const worker_folder folder;
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
  // A line of log finds its node again.
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

TEST_CASE("a lease that was held over a restart runs out too", "[workers]") {
  const worker_folder folder;
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

TEST_CASE("a poll takes from the runs in turn", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  // One run has twenty tasks before the other has its one.
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

TEST_CASE("many workers and runs: every task is done once, though workers vanish", "[workers]") {
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
        // The third poll's tasks are never heard of again.
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

TEST_CASE("polls that wait are answered when the engine stops", "[workers]") {
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

TEST_CASE("without a queue for them, functions that nobody has fail their steps", "[workers]") {
  settings s = worker_settings_in();
  s.worker.default_queue = "";
  engine e{s};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("order")));
  const auto run = e.start_and_wait("order", json::object(), 10s);
  REQUIRE(run);
  CHECK(run->summary.error->type == "unknown_function");
}

TEST_CASE("a command can be held to a checkpoint", "[workers]") {
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

TEST_CASE("a run stays in memory for its worker, but not for ever", "[workers]") {
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

TEST_CASE("runs do not stay in memory when there is room for few", "[workers]") {
  auto s = worker_settings_in();
  s.engine.max_active_runs = 2;
  engine e{s};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("order")));
  for (int i = 0; i < 20; ++i) {
    // The run before may be about to leave.
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
