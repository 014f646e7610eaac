// Calls that workers outside the process make.

#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;
using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

/// A run whose step "a" waits in a task queue.
driven_run queued(json data = json::object(), const limits& allowed = {}) {
  driven_run run{chain({start(), task("a", std::move(data)), task("b"), end()}), allowed};
  REQUIRE(run.begin());
  const invoke_effect call = *run.call_of("a");
  REQUIRE(run.apply(
      enqueue_task_command{call.token, call.node, call.visit, call.attempt, "gpu", call.code_ref}));
  return run;
}

const token& only_token(const driven_run& run) {
  REQUIRE(run.state().tokens.size() == 1);
  return run.state().tokens.front();
}

result<void> lease(driven_run& run, std::uint64_t number, std::string worker = "w1") {
  const token& t = only_token(run);
  return run.apply(lease_command{
      t.id, t.task->code_ref, t.visit, t.attempt, {number, std::move(worker), 30s, 0ms}});
}

step_outcome_command answer_with(const driven_run& run, std::uint64_t number, result<json> value) {
  const token& t = only_token(run);
  step_outcome_command outcome{t.id, "", t.visit, t.attempt, std::move(value)};
  outcome.lease = number;
  return outcome;
}

void check_lease_is_lost(const result<void>& given) {
  REQUIRE_FALSE(given);
  CHECK(given.error().code == errc::conflict);
  CHECK(given.error().type == "lease_lost");
}

}  // namespace

TEST_CASE("the name of a task queue is checked", "[tasks][validation]") {
  const auto diagnostics = [](json queue) {
    return errors_of(chain({start(), task("a", {{"queue", std::move(queue)}})}));
  };
  CHECK(diagnostics("gpu") == lines{});
  CHECK(diagnostics("") == lines{"/nodes/1/data/queue wrong_type"});
  CHECK(diagnostics("a b") == lines{"/nodes/1/data/queue bad_queue"});
  CHECK(diagnostics(std::string(129, 'q')) == lines{"/nodes/1/data/queue bad_queue"});
  CHECK(diagnostics(7) == lines{"/nodes/1/data/queue wrong_type"});
}

TEST_CASE("a call carries the task queue of its node", "[tasks]") {
  driven_run run{chain({start(), task("a", {{"queue", "gpu"}}), end()})};
  REQUIRE(run.begin());
  CHECK(run.call_of("a")->queue == "gpu");
}

TEST_CASE("a call with a known queue is enqueued by the transition that starts it", "[tasks]") {
  driven_run run{chain({start(), task("a"), task("b"), end()})};
  run.set_queues([](const invoke_effect& call) { return call.node == "b" ? "gpu" : ""; });
  REQUIRE(run.begin());
  const auto before = run.state().sequence;
  REQUIRE(run.finish("a"));
  CHECK(run.state().sequence == before + 1);
  CHECK(run.story().back() == "task_queued b 1.1");
  CHECK(run.last().effects.empty());
  CHECK(run.calls().empty());
  CHECK(is_parked(run.state()));
  REQUIRE(open_tasks(run.state()).size() == 1);
  REQUIRE(lease(run, 7));
  REQUIRE(run.apply(answer_with(run, 7, json{{"done", true}})));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("the next attempt of a task is enqueued when it starts", "[tasks]") {
  driven_run run{chain({start(), task("a", {{"retry", {{"max_attempts", 2}}}}), end()})};
  run.set_queues([](const invoke_effect&) { return "gpu"; });
  REQUIRE(run.begin());
  REQUIRE(lease(run, 7));
  REQUIRE(run.apply(answer_with(run, 7, error{errc::function_failed, "no"})));
  while (run.calls().empty() && open_tasks(run.state()).empty()) REQUIRE(run.fire_timer());
  CHECK(run.calls().empty());
  REQUIRE(lease(run, 8));
  REQUIRE(run.apply(answer_with(run, 8, json{{"done", true}})));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("an enqueued call waits in its queue, and its run is parked", "[tasks]") {
  const auto run = queued();
  CHECK(run.status() == run_status::running);
  CHECK(is_parked(run.state()));
  const auto open = open_tasks(run.state());
  REQUIRE(open.size() == 1);
  CHECK(open[0].task.queue == "gpu");
  CHECK(open[0].task.lease == 0);
  CHECK(run.story("task_queued") == lines{"task_queued a 1.1"});
  // Nothing is requested again after a crash: the task is in its queue.
  CHECK(recover(run.flow(), run.state()).effects.empty());
}

TEST_CASE("the holder of the lease completes the task, and the run continues", "[tasks]") {
  auto run = queued();
  REQUIRE(lease(run, 7));
  REQUIRE(run.last().effects.size() == 1);
  const auto& call = std::get<invoke_effect>(run.last().effects.front());
  CHECK(call.lease == 7);
  CHECK(call.node == "a");
  CHECK(open_tasks(run.state()).front().task.worker == "w1");
  REQUIRE(run.apply(answer_with(run, 7, json{{"x", 1}})));
  CHECK(run.data().at("x") == 1);
  CHECK(open_tasks(run.state()).empty());
  CHECK(run.call_of("b") != nullptr);
  CHECK(run.story("step_finished") == lines{"step_finished a 1.1"});
}

namespace {

/// A run of three steps for workers, the first of which is leased with the number 7.
driven_run leased(const json& source) {
  driven_run run{source};
  run.set_queues([](const invoke_effect& call) { return call.node == "x" ? "cpu" : "gpu"; });
  REQUIRE(run.begin());
  REQUIRE(lease(run, 7));
  return run;
}

/// The outcome of a worker that takes the next task of the queue "gpu" with the lease 8.
step_outcome_command answer_and_take(const driven_run& run, std::vector<std::string> functions) {
  auto outcome = answer_with(run, 7, json{{"done", true}});
  outcome.next = next_task{"gpu",
                           std::make_shared<const std::vector<std::string>>(std::move(functions)),
                           {8, "w1", 30s, 0ms}};
  return outcome;
}

}  // namespace

TEST_CASE("an outcome leases the next task of the run to its worker in the same transition",
          "[tasks]") {
  auto run = leased(flow_of({start(), task("a"), node_of("f", "parallel"), task("b"), task("c")},
                            {edge("start", "a"), edge("a", "f"), edge("f", "b"), edge("f", "c")}));
  REQUIRE(run.apply(answer_and_take(run, {"test.b", "test.c"})));
  CHECK(run.last().effects.size() == 1);
  const auto open = open_tasks(run.state());
  REQUIRE(open.size() == 2);
  CHECK(open[0].task.lease + open[1].task.lease == 8);
}

TEST_CASE("the outcome of a pausing run leases nothing", "[tasks]") {
  auto run = leased(chain({start(), task("a"), task("b"), end()}));
  REQUIRE(run.apply(pause_command{}));
  REQUIRE(run.apply(answer_and_take(run, {"test.b"})));
  CHECK(run.last().effects.empty());
  CHECK(run.status() == run_status::paused);
}

TEST_CASE("only the holder of the lease can complete the task", "[tasks]") {
  auto run = queued();
  check_lease_is_lost(run.apply(answer_with(run, 7, json{})));  // not leased
  CHECK_FALSE(run.apply(answer_with(run, 0, json{})));
  REQUIRE(lease(run, 7));
  const auto before = run.state();
  check_lease_is_lost(run.apply(answer_with(run, 8, json{})));
  CHECK_FALSE(run.apply(answer_with(run, 0, json{})));
  CHECK(run.state() == before);
  const auto late = answer_with(run, 7, json{{"x", 1}});
  REQUIRE(run.apply(step_outcome_command{late}));
  check_lease_is_lost(run.apply(step_outcome_command{late}));
}

TEST_CASE("a task is leased to one worker at a time", "[tasks]") {
  auto run = queued();
  REQUIRE(lease(run, 7));
  const auto again = lease(run, 8);
  REQUIRE_FALSE(again);
  CHECK(again.error().code == errc::conflict);
}

TEST_CASE("a command for one call of a token does not affect the next", "[tasks]") {
  // Both are the first attempt of the first visit.
  auto run = queued();
  const token before = only_token(run);
  REQUIRE(lease(run, 7));
  REQUIRE(run.apply(answer_with(run, 7, json::object())));
  const invoke_effect next = *run.call_of("b");
  REQUIRE(next.token == before.id);
  const auto late = enqueue_task_command{next.token, "a", 1, 1, "gpu", "f.a"};
  CHECK_FALSE(run.apply(enqueue_task_command{late}));
  REQUIRE(run.apply(enqueue_task_command{next.token, "b", 1, 1, "gpu", next.code_ref}));
  CHECK_FALSE(
      run.apply(lease_command{next.token, before.task->code_ref, 1, 1, {9, "w1", 30s, 0ms}}));
  REQUIRE(run.apply(lease_command{next.token, next.code_ref, 1, 1, {9, "w1", 30s, 0ms}}));
}

TEST_CASE("a task whose lease is lost goes to another worker", "[tasks]") {
  auto run = queued();
  REQUIRE(lease(run, 7));
  check_lease_is_lost(run.apply(lease_lost_command{only_token(run).id, 8}));
  REQUIRE(run.apply(lease_lost_command{only_token(run).id, 7}));
  CHECK(run.story("lease_lost") == lines{"lease_lost a 1.1"});
  REQUIRE(lease(run, 9, "w2"));
  check_lease_is_lost(run.apply(answer_with(run, 7, json{{"by", "w1"}})));
  REQUIRE(run.apply(answer_with(run, 9, json{{"by", "w2"}})));
  CHECK(run.data().at("by") == "w2");
}

TEST_CASE("a step fails after too many lost leases", "[tasks]") {
  limits allowed;
  allowed.max_lost_leases = 3;
  auto run = queued({}, allowed);
  for (std::uint64_t number = 1; number <= 3; ++number) {
    REQUIRE(run.status() == run_status::running);
    REQUIRE(lease(run, number));
    REQUIRE(run.apply(lease_lost_command{only_token(run).id, number}));
  }
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "worker_lost");
}

TEST_CASE("a task that is given back is not a lost lease", "[tasks]") {
  limits allowed;
  allowed.max_lost_leases = 1;
  auto run = queued({{"effect", "once"}}, allowed);
  for (std::uint64_t number = 1; number <= 3; ++number) {
    REQUIRE(lease(run, number));
    REQUIRE(run.apply(lease_lost_command{only_token(run).id, number, 0.5, true}));
    CHECK(open_tasks(run.state()).front().task.lease == 0);
  }
  CHECK(run.status() == run_status::running);
}

TEST_CASE("a step that runs at most once is in doubt when its worker is lost", "[tasks]") {
  auto run = queued({{"effect", "once"}});
  REQUIRE(lease(run, 7));
  REQUIRE(run.apply(lease_lost_command{only_token(run).id, 7}));
  CHECK(run.status() == run_status::paused);
  CHECK(run.story("in_doubt") == lines{"in_doubt a 1.1"});
  CHECK(open_tasks(run.state()).empty());
}

TEST_CASE("a leased call is in doubt only by its lease", "[tasks]") {
  auto run = queued({{"effect", "once"}});
  REQUIRE(lease(run, 7));
  const auto refused = run.apply(in_doubt_command{only_token(run).id, "a", 1, 1});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::conflict);
}

TEST_CASE("a worker's failure is retried by the retry policy, unless it is not retryable",
          "[tasks]") {
  auto run = queued({{"retry", {{"max_attempts", 3}}}});
  REQUIRE(lease(run, 7));
  REQUIRE(run.apply(answer_with(run, 7, fail("busy", "later"))));
  CHECK(run.status() == run_status::running);
  REQUIRE(run.fire_timer());
  // Each attempt is enqueued again.
  CHECK(run.call_of("a")->attempt == 2);
  CHECK(open_tasks(run.state()).empty());
  const auto call = *run.call_of("a");
  REQUIRE(run.apply(enqueue_task_command{call.token, call.node, 1, 2, "gpu", call.code_ref}));
  REQUIRE(lease(run, 8));
  auto final = answer_with(run, 8, fail("busy", "never"));
  final.retryable = false;
  REQUIRE(run.apply(std::move(final)));
  CHECK(run.status() == run_status::failed);
}

TEST_CASE("the time-out of a task counts from its lease", "[tasks]") {
  auto run = queued({{"timeout", "10s"}});
  CHECK_FALSE(next_timer(run.state()));
  run.advance_clock(1h);
  REQUIRE(lease(run, 7));
  REQUIRE(next_timer(run.state()));
  REQUIRE(run.fire_timer());
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "timed_out");
  CHECK(open_tasks(run.state()).empty());
}

TEST_CASE("a heartbeat time-out shortens the lease", "[tasks]") {
  auto run = queued({{"heartbeat_timeout", "2s"}});
  REQUIRE(lease(run, 7));
  CHECK(open_tasks(run.state()).front().task.lease_time == 2s);
}

TEST_CASE(
    "a run whose task is not leased is paused at once, and its task is not leased while it is",
    "[tasks]") {
  auto run = queued();
  REQUIRE(run.apply(pause_command{}));
  CHECK(run.status() == run_status::paused);
  CHECK(open_tasks(run.state()).empty());
  CHECK_FALSE(lease(run, 7));
  REQUIRE(run.apply(resume_command{}));
  CHECK(open_tasks(run.state()).size() == 1);
  CHECK(lease(run, 7));
}

TEST_CASE("a run whose task is leased is paused when the task is completed", "[tasks]") {
  auto run = queued();
  REQUIRE(lease(run, 7));
  REQUIRE(run.apply(pause_command{}));
  CHECK(run.state().pausing());
  REQUIRE(open_tasks(run.state()).size() == 1);
  CHECK(open_tasks(run.state()).front().wish == task_wish::pause);
  REQUIRE(run.apply(answer_with(run, 7, json{{"x", 1}})));
  CHECK(run.status() == run_status::paused);
  CHECK(run.data().at("x") == 1);
}

TEST_CASE("a cancelled run removes its task", "[tasks]") {
  auto run = queued();
  REQUIRE(lease(run, 7));
  const auto late = answer_with(run, 7, json{{"x", 1}});
  REQUIRE(run.apply(cancel_command{}));
  CHECK(run.status() == run_status::cancelled);
  CHECK(open_tasks(run.state()).empty());
  check_lease_is_lost(run.apply(step_outcome_command{late}));
  CHECK_FALSE(run.data().contains("x"));
}

TEST_CASE("a run that compensates cancels a leased task and waits for it", "[tasks]") {
  driven_run run{
      chain({start(), task("a", {{"compensate", {{"code_ref", "t.undo"}}}}), task("b"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  const auto call = *run.call_of("b");
  REQUIRE(run.apply(enqueue_task_command{call.token, call.node, 1, 1, "gpu", call.code_ref}));
  SECTION("that has the task") {
    REQUIRE(lease(run, 7));
    REQUIRE(run.apply(cancel_command{}));
    REQUIRE(open_tasks(run.state()).size() == 1);
    CHECK(open_tasks(run.state()).front().wish == task_wish::cancel);
    SECTION("and answers") {
      REQUIRE(run.apply(answer_with(run, 7, json{{"x", 1}})));
    }
    SECTION("and is lost") {
      REQUIRE(run.apply(lease_lost_command{only_token(run).id, 7}));
    }
  }
  SECTION("if one has it") {
    REQUIRE(run.apply(cancel_command{}));
  }
  REQUIRE(run.call_of("a") != nullptr);
  CHECK(run.call_of("a")->compensates);
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::cancelled);
}

TEST_CASE("a worker can compensate a step", "[tasks]") {
  driven_run run{
      chain({start(), task("a", {{"compensate", {{"code_ref", "t.undo"}, {"queue", "gpu"}}}}),
             task("b"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.apply(cancel_command{}));
  REQUIRE(run.finish("b"));
  const auto call = *run.call_of("a");
  CHECK(call.queue == "gpu");
  REQUIRE(run.apply(
      enqueue_task_command{call.token, call.node, call.visit, call.attempt, "gpu", "t.undo"}));
  REQUIRE(lease(run, 7));
  REQUIRE(run.apply(answer_with(run, 7, json{})));
  CHECK(run.status() == run_status::cancelled);
}

TEST_CASE("a worker asks a question and is called again with the answer", "[tasks]") {
  auto run = queued();
  REQUIRE(lease(run, 7));
  auto asks = answer_with(run, 7, json{});
  asks.interrupted = interruption{"how many?", {{"seen", true}}};
  REQUIRE(run.apply(std::move(asks)));
  CHECK(run.status() == run_status::paused);
  CHECK(run.data().at("seen") == true);
  CHECK(open_tasks(run.state()).empty());
  REQUIRE(run.apply(resume_command{std::nullopt, "", json::object(), "", json(3)}));
  CHECK(*run.call_of("a")->answer == 3);
}

TEST_CASE("a retried run enqueues its call again", "[tasks]") {
  auto run = queued();
  REQUIRE(lease(run, 7));
  REQUIRE(run.apply(quarantine_command{"the engine says so"}));
  CHECK(run.status() == run_status::failed);
  CHECK(open_tasks(run.state()).empty());
  REQUIRE(run.apply(retry_command{}));
  CHECK(open_tasks(run.state()).empty());
  REQUIRE(run.call_of("a") != nullptr);
}
