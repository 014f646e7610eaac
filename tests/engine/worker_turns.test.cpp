// Outcomes that come with a poll: one call ends a task and takes the next.
#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/engine/worker_fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

/// A flow of several steps in a row, which workers run; the odd ones call `other`.
json worked_in_a_row(const std::string& name, int steps, const std::string& other = "w.other") {
  std::vector<json> nodes{node("begin", "start")}, edges;
  for (int i = 0; i < steps; ++i) {
    const std::string id = "s" + std::to_string(i);
    edges.push_back(edge(nodes.back().at("id"), id));
    nodes.push_back(node(id, "task", {{"code_ref", i % 2 == 0 ? "w.charge" : other}}));
  }
  edges.push_back(edge(nodes.back().at("id"), "end"));
  nodes.push_back(node("end", "end"));
  return flow_named(name, std::move(nodes), std::move(edges));
}

finished_task done_with(const worker_task& task, json value = json::object()) {
  return {task.id, {std::move(value)}};
}

/// A call of `complete_and_poll_async` that waits.
struct waiting_call {
  std::promise<result<void>> outcome;
  std::promise<result<std::vector<worker_task>>> tasks;
  std::atomic<bool> is_over{false};
};

std::shared_ptr<waiting_call> begin_call(const engine& e, finished_task finished, task_poll wanted,
                                         std::stop_token withdrawn = {}) {
  auto call = std::make_shared<waiting_call>();
  e.workers().complete_and_poll_async(
      {std::move(finished)}, std::move(wanted),
      [call](std::size_t, result<void> how) { call->outcome.set_value(std::move(how)); },
      [call](result<std::vector<worker_task>> tasks) {
        call->is_over = true;
        call->tasks.set_value(std::move(tasks));
      },
      std::move(withdrawn));
  return call;
}

template <class T>
T soon(std::promise<T>& from) {
  auto answer = from.get_future();
  REQUIRE(answer.wait_for(20s) == std::future_status::ready);
  return answer.get();
}

}  // namespace

TEST_CASE("a worker ends a task and takes the run's next one in one checkpoint", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked_in_a_row("order", 3)));
  const auto run = e.start("order");
  REQUIRE(run);
  auto task = take_one(e);
  for (const std::string next : {"s1", "s2"}) {
    const auto before = e.get(run->id)->checkpoint;
    const auto turn =
        e.workers().complete_and_poll({done_with(task, {{task.node, true}})}, poll_as("w1", 0ms));
    REQUIRE(turn.outcomes.at(0));
    REQUIRE(turn.tasks);
    REQUIRE(turn.tasks->size() == 1);
    CHECK(e.get(run->id)->checkpoint == before + 1);
    const std::string ended = task.node;
    task = turn.tasks->front();
    CHECK(task.node == next);
    CHECK(task.state.whole().at(ended) == true);
  }
  const auto last = e.workers().complete_and_poll({done_with(task)}, poll_as("w1", 0ms));
  CHECK(last.outcomes.at(0));
  CHECK(last.tasks->empty());
  CHECK(e.wait(run->id, 10s)->summary.status == run_status::completed);
  CHECK(count_of(kinds_of(e, run->id), "task_leased") == 3);
}

TEST_CASE("an outcome is recorded while its poll waits, and a withdrawn poll ends", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("order")));
  const auto run = e.start("order");
  REQUIRE(run);
  const auto task = take_one(e);
  std::stop_source gone;
  const auto call = begin_call(e, done_with(task), poll_as("w1", 60s), gone.get_token());
  CHECK(soon(call->outcome));
  CHECK(e.wait(run->id, 10s)->summary.status == run_status::completed);
  CHECK_FALSE(call->is_over);
  gone.request_stop();
  const auto tasks = soon(call->tasks);
  REQUIRE(tasks);
  CHECK(tasks->empty());
  // The worker that has gone gets no later task.
  const auto next = e.start("order");
  REQUIRE(next);
  CHECK(take_one(e, "w2").run == next->id);
}

TEST_CASE("an outcome is recorded although its poll was withdrawn before", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked_in_a_row("order", 2)));
  const auto run = e.start("order");
  REQUIRE(run);
  const auto task = take_one(e);
  std::stop_source gone;
  gone.request_stop();
  const auto call = begin_call(e, done_with(task), poll_as("w1", 60s), gone.get_token());
  CHECK(soon(call->outcome));
  CHECK(soon(call->tasks)->empty());
  CHECK(take_one(e, "w2").node == "s1");
}

TEST_CASE("a refused outcome does not affect the others and ends the wait", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("order")));
  std::vector<finished_task> finished;
  std::vector<run_id> runs;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(e.start("order"));
    const auto task = take_one(e);
    runs.push_back(task.run);
    finished.push_back(done_with(task, {{"n", i}}));
  }
  const auto good = finished[1];
  for (const auto& wrong : {task_lease{good.id.task, "7"}, task_lease{"t", "7"}}) {
    finished[1] = {wrong, {}};
    std::promise<completed_and_polled> answered;
    std::thread worker{
        [&] { answered.set_value(e.workers().complete_and_poll(finished, poll_as("w1", 60s))); }};
    auto answer = answered.get_future();
    const bool is_ready = answer.wait_for(20s) == std::future_status::ready;
    worker.join();
    REQUIRE(is_ready);
    const auto turn = answer.get();
    REQUIRE(turn.outcomes.size() == 3);
    CHECK_FALSE(turn.outcomes[1]);
    REQUIRE(turn.tasks);
    CHECK(turn.tasks->empty());
    if (wrong.task == "t") {  // the others were recorded before
      CHECK(turn.outcomes[1].error().code == errc::invalid_argument);
      check_is_lost(turn.outcomes[0]);
    } else {
      check_is_lost(turn.outcomes[1]);
      CHECK(turn.outcomes[0]);
      CHECK(turn.outcomes[2]);
    }
  }
  CHECK(e.wait(runs[0], 10s)->data.at("n") == 0);
  CHECK(e.wait(runs[2], 10s)->data.at("n") == 2);
  CHECK(e.get(runs[1])->summary.status == run_status::running);
  CHECK(e.workers().complete(good.id, good.outcome));
}

TEST_CASE("a refused poll records none of its outcomes", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("order")));
  REQUIRE(e.start("order"));
  const auto task = take_one(e);
  const auto turn = e.workers().complete_and_poll({done_with(task)}, poll_as("w1", 0ms, 0));
  CHECK(turn.outcomes.at(0).error().code == errc::invalid_argument);
  CHECK(turn.tasks.error().code == errc::invalid_argument);
  const auto many = e.workers().complete_and_poll(std::vector<finished_task>(1001, done_with(task)),
                                                  poll_as("w1", 0ms));
  CHECK(many.outcomes.size() == 1001);
  CHECK(many.tasks.error().code == errc::invalid_argument);
  CHECK(e.workers().complete(task.id, {json::object()}));
}

TEST_CASE("a call whose answer was lost can be repeated", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked_in_a_row("order", 2)));
  const auto run = e.start("order");
  REQUIRE(run);
  const auto task = take_one(e);
  auto wanted = poll_as("w1", 0ms);
  wanted.lease_time = 1s;
  const auto lost = e.workers().complete_and_poll({done_with(task, {{"by", 1}})}, wanted);
  REQUIRE(lost.tasks->size() == 1);
  // The outcome is recorded once, and the task of the lost answer comes back.
  wanted.wait = 60s;
  const auto again = e.workers().complete_and_poll({done_with(task, {{"by", 2}})}, wanted);
  check_is_lost(again.outcomes.at(0));
  const auto next = take_one(e, "w2");
  CHECK(next.id.task == lost.tasks->front().id.task);
  CHECK(next.state.whole().at("by") == 1);
  check_is_lost(e.workers().complete(lost.tasks->front().id, {json::object()}));
  CHECK(e.workers().complete(next.id, {json::object()}));
}

TEST_CASE("a task that came for an outcome survives a restart of the engine", "[workers]") {
  const data_folder folder;
  std::optional<worker_task> held;
  {
    engine e{worker_settings_in(folder.path)};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(worked_in_a_row("order", 2)));
    REQUIRE(e.start("order"));
    const auto turn =
        e.workers().complete_and_poll({done_with(take_one(e), {{"n", 7}})}, poll_as("w1", 0ms));
    REQUIRE(turn.tasks->size() == 1);
    held = turn.tasks->front();
  }
  engine e{worker_settings_in(folder.path)};
  REQUIRE(e.open());
  const auto overview = e.workers().list();
  REQUIRE(overview->queues.size() == 1);
  CHECK(overview->queues[0].code_ref == "w.other");
  CHECK(overview->queues[0].leased == 1);
  CHECK(overview->queues[0].queued == 0);
  REQUIRE(e.workers().heartbeat(held->id));
  REQUIRE(e.workers().complete(held->id, {json{{"by", "the first"}}}));
  const auto done = e.wait(held->run, 10s);
  CHECK(done->data.at("by") == "the first");
  CHECK(done->data.at("n") == 7);
}

TEST_CASE("a poll gets no more tasks than it asks for, with many outcomes", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked_in_a_row("order", 2)));
  std::vector<finished_task> finished;
  for (int i = 0; i < 5; ++i) {
    REQUIRE(e.start("order"));
    finished.push_back(done_with(take_one(e)));
  }
  const auto turn = e.workers().complete_and_poll(finished, poll_as("w1", 0ms, 2));
  for (const auto& each : turn.outcomes) CHECK(each);
  REQUIRE(turn.tasks);
  CHECK(turn.tasks->size() == 2);
  std::size_t rest = 0;
  while (rest < 3) rest += e.workers().poll(poll_as("w2", 10s, 10))->size();
  CHECK(rest == 3);
}

TEST_CASE("a run with many steps does not keep its worker from other runs", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked_in_a_row("long", 100, "w.charge")));
  REQUIRE(e.put_flow(worked("order")));
  const auto long_run = e.start("long");
  REQUIRE(long_run);
  auto task = take_one(e);
  const auto small = e.start("order");
  REQUIRE(small);
  once(e, small->id, [](const run_view& run) { return !run.waiting_on.empty(); });
  int steps = 0;
  while (task.run == long_run->id && steps < 90) {
    ++steps;
    const auto turn = e.workers().complete_and_poll({done_with(task)}, poll_as("w1", 10s));
    REQUIRE(turn.tasks);
    REQUIRE(turn.tasks->size() == 1);
    task = turn.tasks->front();
  }
  CHECK(task.run == small->id);
  CHECK(steps > 1);
}

TEST_CASE("the engine's stop answers a waiting call, and its outcome is known", "[workers]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(worked("order")));
  REQUIRE(e.start("order"));
  const auto call = begin_call(e, done_with(take_one(e)), poll_as("w1", 60s));
  CHECK(soon(call->outcome));
  REQUIRE(e.stop());
  CHECK(soon(call->tasks).error().code == errc::unavailable);
  const auto late = e.workers().complete_and_poll({done_with({})}, poll_as("w1", 60s));
  CHECK_FALSE(late.outcomes.at(0));
  CHECK(late.tasks.error().code == errc::unavailable);
}
