#include "flow/machine/builder/run_calls.hpp"

#include "flow/testing/part_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;
using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

/// A run with a token at task "a".
struct at_a : part_fixture {
  explicit at_a(json data = json::object(), token_phase phase = token_phase::arriving)
      : part_fixture(chain({start(), task("a", std::move(data)), end()})) {
    add_token("a", phase);
  }
};

const invoke_effect& only_call(const transition& made) {
  REQUIRE(made.effects.size() == 1);
  return std::get<invoke_effect>(made.effects.front());
}

}  // namespace

TEST_CASE("a call is requested of the process where no queue is known for it", "[builder]") {
  at_a f{json{{"args", {{"x", 1}}}, {"timeout", "5s"}}};
  run_calls calls{f.begin(), f.failures};
  calls.start(f.run.tokens.front());
  CHECK(f.run.tokens.front().phase == token_phase::waiting);
  CHECK_FALSE(f.run.tokens.front().task.has_value());
  const auto made = f.finish();
  CHECK(only_call(made).code_ref == "test.a");
  CHECK(only_call(made).args == json{{"x", 1}});
  CHECK(only_call(made).timeout == 5s);
}

TEST_CASE("a call is queued where a queue is known for it", "[builder]") {
  at_a f;
  f.context.queue_of = [](const invoke_effect&) { return "gpu"; };
  run_calls calls{f.begin(), f.failures};
  calls.start(f.run.tokens.front());
  REQUIRE(f.run.tokens.front().task.has_value());
  CHECK(f.run.tokens.front().task->queue == "gpu");
  CHECK(f.run.tokens.front().task->lease == 0);
  CHECK(f.events() == lines{"task_queued"});
  CHECK(f.finish().effects.empty());
}

TEST_CASE("a subflow is requested as a child run, with a timer", "[builder]") {
  part_fixture f{
      chain({start(), node_of("a", "subflow", {{"flow", "other"}, {"timeout", "5s"}}), end()})};
  f.add_token("a", token_phase::arriving);
  run_calls calls{f.begin(), f.failures};
  token& t = f.run.tokens.front();
  calls.start(t);
  REQUIRE(t.child.has_value());
  CHECK_FALSE(t.child->started);
  CHECK(t.timer->due == f.context.now + 5s);
  calls.note_child(t, t.child->id);
  CHECK(t.child->started);
  CHECK(f.events() == lines{"child_started"});
  f.finish();
}

TEST_CASE("a call whose arguments cannot be computed fails the visit", "[builder]") {
  at_a f{json{{"with", {{"x", {{"*", json::array()}}}}}}};
  run_calls calls{f.begin(), f.failures};
  calls.start(f.run.tokens.front());
  CHECK(f.failures.all().size() == 1);
  CHECK(f.finish().effects.empty());
}

TEST_CASE("the next attempt is a call of the same visit", "[builder]") {
  at_a f;
  run_calls calls{f.begin(), f.failures};
  calls.begin_tries(f.run.tokens.front(), true);
  CHECK(f.run.tokens.front().first_try_at == f.context.now);
  calls.start_next_attempt(f.run.tokens.front());
  CHECK(f.events() == lines{"step_started"});
  const auto made = f.finish();
  CHECK(only_call(made).visit == 1);
  CHECK(only_call(made).attempt == 2);
}

TEST_CASE("a lease gives the task to a worker and limits its time", "[builder]") {
  at_a f{json{{"heartbeat_timeout", "1s"}}, token_phase::waiting};
  f.run.tokens.front().task = remote_task{"gpu", "test.a"};
  run_calls calls{f.begin(), f.failures};
  lease_terms lease;
  lease.lease = 9;
  lease.worker = "w1";
  lease.lease_time = 30s;
  lease.default_timeout = 60s;
  token& t = f.run.tokens.front();
  calls.lease(t, lease);
  CHECK(t.task->lease == 9);
  CHECK(t.task->lease_time == 1s);  // the heartbeat of the node is shorter
  CHECK(t.timer->due == f.context.now + 60s);
  calls.requeue(t, 2);
  CHECK(t.task->lease == 0);
  CHECK(t.task->lost == 2);
  CHECK_FALSE(t.timer.has_value());
  CHECK(only_call(f.finish()).lease == 9);
}

TEST_CASE("what has been abandoned is stopped, but not a task of a worker", "[builder]") {
  part_fixture f{chain({start(), task("a"), end()})};
  f.add_token("a");
  f.add_token("a").task = remote_task{"gpu", "test.a"};
  f.add_token("a").child = child_run{run_id{"child"}, true};
  f.add_token("a", token_phase::sleeping);
  run_calls calls{f.begin(), f.failures};
  CHECK(calls.abandon(f.run.tokens[0]));
  CHECK_FALSE(calls.abandon(f.run.tokens[1]));
  CHECK(calls.abandon(f.run.tokens[2]));
  CHECK_FALSE(calls.abandon(f.run.tokens[3]));
  const auto made = f.finish();
  REQUIRE(made.effects.size() == 2);
  const abandoned_child child{run_id{"child"}, child_fate::cancel, 1};
  CHECK(std::get<abandon_child_effect>(made.effects[1]).child == child);
  CHECK(made.change.children_abandoned == std::vector{child});
}

TEST_CASE("a call that this transition requested is withdrawn instead", "[builder]") {
  at_a f;
  run_calls calls{f.begin(), f.failures};
  calls.start(f.run.tokens.front());
  CHECK_FALSE(calls.abandon(f.run.tokens.front()));
  CHECK(f.finish().effects.empty());
}

TEST_CASE("all calls are halted, and sleeping tokens are not", "[builder]") {
  at_a f{json::object(), token_phase::waiting};
  f.run.tokens.front().task = remote_task{"gpu", "test.a"};
  f.add_token("a", token_phase::sleeping).timer = timer{f.context.now, false};
  run_calls calls{f.begin(), f.failures};
  calls.halt_all(child_fate::halt);
  CHECK(f.run.tokens[0].phase == token_phase::halted);
  CHECK_FALSE(f.run.tokens[0].task.has_value());
  CHECK(f.run.tokens[1].phase == token_phase::sleeping);
  CHECK(f.run.tokens[1].timer.has_value());
  f.finish();
}
