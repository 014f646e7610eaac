// Calls that wait: for a thread, for a place in the executor's queue, for a place in a task queue.

#include <algorithm>
#include <atomic>
#include <future>
#include <iostream>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "tests/engine/fixture.hpp"
#include "tests/support/cpu_time.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

using steady = std::chrono::steady_clock;

/// Starts runs of a flow, all of which are accepted. Returns when they are.
void start_all(const scope& in, const std::string& flow, int count) {
  const auto left = std::make_shared<std::latch>(count);
  const auto refused = std::make_shared<std::atomic<int>>(0);
  for (int i = 0; i < count; ++i) {
    in.runs().start_async(flow, json::object(), {}, [left, refused](result<run_started> got) {
      if (!got) ++*refused;
      left->count_down();
    });
  }
  left->wait();
  REQUIRE(*refused == 0);
}

/// The latencies of runs, one after the other, sorted.
std::vector<std::chrono::microseconds> latencies(const scope& in, const std::string& flow,
                                                 int count) {
  std::vector<std::chrono::microseconds> all;
  for (int i = 0; i < count; ++i) {
    const auto begin = steady::now();
    const auto done = in.runs().start_and_wait(flow, json::object(), 60s);
    REQUIRE(done);
    CHECK(done->summary.status == run_status::completed);
    all.push_back(std::chrono::duration_cast<std::chrono::microseconds>(steady::now() - begin));
  }
  std::sort(all.begin(), all.end());
  return all;
}

void print(const char* what, const std::vector<std::chrono::microseconds>& all) {
  std::cout << what << ": p50 " << all[all.size() / 2].count() << " us, p99 "
            << all[all.size() * 99 / 100].count() << " us\n";
}

/// Waits until no run is active. Returns false if some are after a while.
bool ends(const engine& e) {
  for (int i = 0; i < 4'000 && e.load()->active_runs > 0; ++i) std::this_thread::sleep_for(5ms);
  return e.load()->active_runs == 0;
}

scope scope_of(const engine& e, const std::string& name) {
  auto got = e.scope(name);
  REQUIRE(got);
  return *std::move(got);
}

}  // namespace

TEST_CASE("functions that hang on all threads stop no other scope, and no inline step",
          "[engine]") {
  settings s = quiet_settings();
  s.executor.threads = 2;
  s.executor.queue_limit = 10;
  engine e{s};
  const auto mine = scope_of(e, "mine");
  const auto other = scope_of(e, "other");
  const auto door = std::make_shared<std::latch>(1);
  REQUIRE(mine.functions().add("t.hangs", [door](step_context&) { door->wait(); }));
  REQUIRE(mine.functions().add("t.quick", [](step_context&) {}, {.run_inline = true}));
  REQUIRE(other.functions().add("t.step", [](step_context&) {}));
  REQUIRE(e.open());
  REQUIRE(mine.flows().put(task_flow("hangs", "t.hangs")));
  REQUIRE(mine.flows().put(task_flow("quick", "t.quick")));
  REQUIRE(other.flows().put(task_flow("step", "t.step")));
  start_all(mine, "hangs", 1'000);
  latencies(other, "step", 20);
  latencies(mine, "quick", 20);
  const auto load = e.load();
  REQUIRE(load);
  CHECK(load->running_calls == 2);
  CHECK(load->queued_calls == 998);  // those that wait for a place, too
  door->count_down();
  CHECK(ends(e));
}

TEST_CASE("runs that wait for a full executor use no processor time, and all go on", "[engine]") {
  settings s = quiet_settings();
  s.executor.threads = 2;
  s.executor.queue_limit = 10;
  engine e{s};
  const auto door = std::make_shared<std::latch>(1);
  std::atomic<int> called{0};
  REQUIRE(e.functions().add("t.hangs", [door, &called](step_context&) {
    door->wait();
    ++called;
  }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("hangs", "t.hangs")));
  start_all(scope_of(e, "default"), "hangs", 5'000);
  // What starts the runs ends soon after the last answer.
  auto used = std::chrono::microseconds::max();
  for (int i = 0; i < 100 && used > 1ms; ++i) {
    const auto before = cpu_time();
    std::this_thread::sleep_for(100ms);
    used = cpu_time() - before;
  }
  CHECK(used <= 1ms);  // 5,000 polls every 20 ms take all of the time
  door->count_down();
  CHECK(ends(e));
  CHECK(called == 5'000);
}

TEST_CASE("runs that are cancelled, paused or end give up their place in the queue", "[engine]") {
  settings s = quiet_settings();
  s.executor.threads = 1;
  s.executor.queue_limit = 1;
  engine e{s};
  const auto door = std::make_shared<std::latch>(1);
  std::atomic<int> called{0};
  REQUIRE(e.functions().add("t.hangs", [door, &called](step_context&) {
    ++called;
    door->wait();
  }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("hangs", "t.hangs")));
  std::vector<run_id> runs;
  for (int i = 0; i < 10; ++i) {
    const auto run = e.start("hangs");
    REQUIRE(run);
    runs.push_back(run->id);
    // The first call runs, the second is queued, the others wait for a place.
    while (e.load()->running_calls + e.load()->queued_calls < runs.size())
      std::this_thread::sleep_for(1ms);
  }
  for (int i = 1; i < 9; ++i) REQUIRE(e.runs().cancel(runs[static_cast<std::size_t>(i)]));
  for (int i = 0; i < 2'000 && e.load()->queued_calls != 1; ++i) std::this_thread::sleep_for(1ms);
  CHECK(e.load()->queued_calls == 1);
  door->count_down();
  CHECK(e.wait(runs[0], 20s)->summary.status == run_status::completed);
  CHECK(e.wait(runs[9], 20s)->summary.status == run_status::completed);
  CHECK(called == 2);
}

TEST_CASE("calls that wait are made after a restart of the engine", "[engine]") {
  const data_folder folder;
  settings s = folder.used();
  s.executor.threads = 1;
  s.executor.queue_limit = 2;
  s.engine.stop_timeout_ms = 0ms;
  s.executor.stop_grace_ms = 10'000ms;
  std::vector<run_id> runs;
  {
    engine e{s};
    REQUIRE(e.functions().add("t.step",
                              [](step_context& step) { static_cast<void>(step.sleep_for(1h)); }));
    REQUIRE(e.open());
    REQUIRE(e.put_flow(task_flow("f", "t.step")));
    for (int i = 0; i < 20; ++i) {
      const auto run = e.start("f");
      REQUIRE(run);
      runs.push_back(run->id);
    }
    CHECK(e.stop());
  }
  engine e{s};
  REQUIRE(e.functions().add("t.step", [](step_context&) {}));
  REQUIRE(e.open());
  for (const auto& id : runs) CHECK(e.wait(id, 20s)->summary.status == run_status::completed);
}

TEST_CASE("a scope that fills the task queues leaves places to others, who are woken in turn",
          "[engine][workers]") {
  settings s = quiet_settings();
  s.worker.default_queue = "default";
  s.worker.max_queued_tasks = 8;
  engine e{s};
  const auto mine = scope_of(e, "mine");
  const auto other = scope_of(e, "other");
  REQUIRE(e.open());
  REQUIRE(mine.flows().put(task_flow("f", "w.step")));
  REQUIRE(other.flows().put(task_flow("f", "w.step")));
  const auto queued = [](const scope& in) {
    std::uint64_t sum = 0;
    const auto all = in.workers().list();
    REQUIRE(all);
    for (const auto& queue : all->queues) sum += queue.queued;
    return sum;
  };
  // A task is listed after its run has started: the dispatcher is notified of it.
  const auto comes_to = [&](const scope& in, std::uint64_t count) {
    for (int i = 0; i < 4'000 && queued(in) < count; ++i) std::this_thread::sleep_for(5ms);
    return queued(in) == count;
  };
  start_all(mine, "f", 100);
  CHECK(comes_to(mine, 8));
  start_all(other, "f", 1);
  CHECK(comes_to(other, 1));
  CHECK(queued(mine) == 8);
  task_poll poll;
  poll.worker = "w";
  poll.functions = {"w.step"};
  poll.wait = 20s;
  // Each task that is taken makes room for one more.
  for (int i = 0; i < 100; ++i) {
    const auto tasks = mine.workers().poll(poll);
    REQUIRE(tasks);
    REQUIRE(tasks->size() == 1);
    CHECK(queued(mine) <= 8);
    REQUIRE(mine.workers().complete(tasks->front().id, {json::object()}));
  }
  CHECK(queued(mine) == 0);
}

TEST_CASE("measure: 20,000 calls beyond a full executor", "[.measure]") {
  settings s = quiet_settings();
  s.executor.threads = 4;
  s.executor.queue_limit = 1'000;
  engine e{s};
  const auto door = std::make_shared<std::latch>(1);
  REQUIRE(e.functions().add("t.hangs", [door](step_context&) { door->wait(); }));
  REQUIRE(e.functions().add("t.quick", [](step_context&) {}, {.run_inline = true}));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("hangs", "t.hangs")));
  REQUIRE(e.put_flow(task_flow("quick", "t.quick")));
  const auto here = scope_of(e, "default");
  print("alone", latencies(here, "quick", 1'000));
  start_all(here, "hangs", 21'004);
  std::this_thread::sleep_for(1s);
  const auto before = cpu_time();
  std::this_thread::sleep_for(3s);
  std::cout << "idle: " << (cpu_time() - before).count() / 30'000.0 << " % of a core\n";
  print("with 20,000 waiting", latencies(here, "quick", 200));
  door->count_down();
  const auto begin = steady::now();
  while (e.load()->active_runs > 0) std::this_thread::sleep_for(10ms);
  std::cout << "all ended after " << std::chrono::duration<double>(steady::now() - begin).count()
            << " s\n";
}

TEST_CASE("measure: 93,000 ready calls of one flow", "[.measure]") {
  settings s = quiet_settings();
  s.executor.threads = 4;
  engine e{s};
  const auto over = std::make_shared<std::atomic<bool>>(false);
  const auto busy = [over](step_context&) {
    if (!*over) std::this_thread::sleep_for(5ms);
  };
  const auto mine = scope_of(e, "mine");
  const auto other = scope_of(e, "other");
  REQUIRE(mine.functions().add("t.busy", busy));
  REQUIRE(other.functions().add("t.step", [](step_context&) {}));
  REQUIRE(e.open());
  REQUIRE(mine.flows().put(task_flow("busy", "t.busy")));
  REQUIRE(other.flows().put(task_flow("step", "t.step")));
  print("alone", latencies(other, "step", 1'000));
  start_all(mine, "busy", 93'000);
  print("beside 93,000 ready calls", latencies(other, "step", 300));
  const auto cpu_before = cpu_time();
  std::this_thread::sleep_for(3s);
  std::cout << "working: " << (cpu_time() - cpu_before).count() / 30'000.0 << " % of a core\n";
  *over = true;
  while (e.load()->active_runs > 0) std::this_thread::sleep_for(10ms);
}
