// Steps that are undone when their run fails for good, or is cancelled.

#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

/// A task that "undo.<id>" undoes.
json undoable(std::string id, json undo = json::object(), json more = json::object()) {
  undo["code_ref"] = "undo." + id;
  more["compensate"] = std::move(undo);
  return task(std::move(id), std::move(more));
}

json three_steps() {
  return chain({start(), undoable("a"), undoable("b"), task("c"), end()});
}

/// The same, with c under way.
driven_run before_the_last(json flow = three_steps()) {
  driven_run run{flow};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b"));
  return run;
}

const error broken = fail("broken", "it broke");

/// The functions that are called now.
lines functions(const driven_run& run) {
  lines names;
  for (const auto& [id, call] : run.calls()) names.push_back(call.code_ref);
  return names;
}

}  // namespace

TEST_CASE("what is said of a compensation is checked", "[compensate][validation]") {
  const auto with = [](json undo) {
    return errors_of(chain({start(), task("a", {{"compensate", std::move(undo)}})}));
  };
  const std::string at = "/nodes/1/data/compensate";
  CHECK(with(7) == lines{at + " wrong_type"});
  CHECK(with(json::object()) == lines{at + " missing_key"});
  CHECK(with({{"code_ref", "../x"}}) == lines{at + "/code_ref bad_code_ref"});
  CHECK(with({{"code_ref", "x"}, {"into", "y"}}) == lines{at + "/into unknown_key"});
  CHECK(with({{"code_ref", "x"}, {"retry", {{"max_attempts", 0}}}}) ==
        lines{at + "/retry/max_attempts out_of_range"});
  CHECK(with({{"code_ref", "x"}, {"with", {{"k", {{"wat", 1}}}}}}) ==
        lines{at + "/with/k/wat unknown_operator"});
  CHECK(with({{"code_ref", "x"}, {"timeout", "1s"}, {"total_timeout", 5}, {"args", {{"k", 1}}}}) ==
        lines{});
}

TEST_CASE("when a run fails, what was done is undone, the last first", "[compensate]") {
  auto run = before_the_last();
  REQUIRE(run.finish("c", broken));
  CHECK(run.status() == run_status::running);
  CHECK(run.state().unwinding.has_value());
  CHECK(functions(run) == lines{"undo.b"});
  CHECK(run.call_of("b")->compensates);
  CHECK(survives_restart(run));
  REQUIRE(run.finish("b"));
  CHECK(functions(run) == lines{"undo.a"});
  CHECK(survives_restart(run));
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error == run_error{"broken", "it broke", "c", 1});
  CHECK_FALSE(run.state().unwinding.has_value());
  CHECK(run.state().compensations.empty());
  CHECK(run.story("comp") == lines{"compensating", "compensation_started b 1.1",
                                   "compensation_finished b 1.1", "compensation_started a 1.1",
                                   "compensation_finished a 1.1"});
  CHECK(broken_invariant(run.state()) == "");
}

TEST_CASE("a run that was undone cannot be retried", "[compensate][retry]") {
  driven_run run{chain({start(), undoable("a"), task("c")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("c", broken));
  REQUIRE(run.finish("a"));
  const auto refused = run.give(retry_command{});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::illegal_transition);
  CHECK(mentions(refused.error().message, "restart as a new run: its steps were undone"));
}

TEST_CASE("a run that completes undoes nothing", "[compensate]") {
  auto run = before_the_last();
  REQUIRE(run.finish("c"));
  CHECK(run.status() == run_status::completed);
  CHECK(run.story("comp").empty());
}

TEST_CASE("an error that is caught, or a retry to come, undoes nothing", "[compensate][on-error]") {
  json flow = chain({start(), undoable("a"), task("c", {{"retry", json::object()}})});
  flow["edges"].push_back(edge_on("on_error", "c", "help"));
  flow["nodes"].push_back(task("help"));
  driven_run run{flow};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  for (int n = 0; n < 3; ++n) {
    REQUIRE(run.finish("c", broken));
    if (n < 2) REQUIRE(run.ring());
  }
  CHECK(run.waiting_at() == lines{"help"});
  CHECK(run.story("comp").empty());
}

TEST_CASE("a step that failed has nothing to undo", "[compensate]") {
  driven_run run{chain({start(), undoable("a"), undoable("b")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b", broken));
  CHECK(functions(run) == lines{"undo.a"});
}

TEST_CASE("a run that fails before anything was done fails at once, and can be retried",
          "[compensate][retry]") {
  driven_run run{three_steps()};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", broken));
  CHECK(run.status() == run_status::failed);
  REQUIRE(run.give(retry_command{}));
  CHECK(run.waiting_at() == lines{"a"});
}

TEST_CASE("a compensation's arguments are those of the moment when the step was done",
          "[compensate]") {
  driven_run run{chain(
      {start(),
       undoable("a", {{"args", {{"why", "undo"}}}, {"with", {{"id", var("id")}, {"n", var("n")}}}}),
       task("b"), task("c")})};
  REQUIRE(run.begin({{"n", 1}}));
  REQUIRE(run.finish("a", json{{"id", "tx-1"}}));
  REQUIRE(run.finish("b", json{{"id", "other"}, {"n", 2}}));
  REQUIRE(run.finish("c", broken));
  CHECK(run.call_of("a")->args == json{{"why", "undo"}, {"id", "tx-1"}, {"n", 1}});
  CHECK(run.call_of("a")->state->at("n") == 2);  // the state is today's
}

TEST_CASE("every visit of a step is undone", "[compensate][loops]") {
  driven_run run{
      flow_of({start(), undoable("a", {{"with", {{"n", var("n")}}}}), task("c")},
              {edge("start", "a"), edge("a", "a", {{"<", {var("n"), 3}}}), edge("a", "c")})};
  REQUIRE(run.begin());
  for (int n = 1; n <= 3; ++n) REQUIRE(run.finish("a", json{{"n", n}}));
  REQUIRE(run.finish("c", broken));
  for (std::uint32_t visit = 3; visit >= 1; --visit) {
    CHECK(run.call_of("a")->visit == visit);
    CHECK(run.call_of("a")->args == json{{"n", visit}});
    REQUIRE(run.finish("a"));
  }
  CHECK(run.status() == run_status::failed);
}

TEST_CASE("a compensation has an idempotency key of its own", "[compensate]") {
  const run_key key{default_scope(), run_id{"r1"}};
  CHECK(idempotency_key(key, "a", 2, true) == idempotency_key(key, "a", 2) + "/compensate");
}

TEST_CASE("what a compensation returns is put nowhere", "[compensate]") {
  driven_run run{chain({start(), undoable("a"), task("c")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("c", broken));
  REQUIRE(run.finish("a", json{{"x", 1}}));
  CHECK(run.data() == json::object());
}

TEST_CASE("branches are undone in the reverse of the order in which their steps were done",
          "[compensate][fork]") {
  driven_run run{flow_of({start(), undoable("a"), undoable("b"), task("c")},
                         {edge("start", "a"), edge("start", "b"), edge("start", "c")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("b"));
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("c", broken));
  CHECK(functions(run) == lines{"undo.a"});
  REQUIRE(run.finish("a"));
  CHECK(functions(run) == lines{"undo.b"});
}

TEST_CASE("a run that is cancelled is undone first", "[compensate][cancel]") {
  driven_run run{chain({start(), undoable("a"), node_of("w", "signal", {{"name", "s"}})})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.give(cancel_command{std::nullopt, "enough"}));
  CHECK(run.status() == run_status::running);
  CHECK(run.last().change.events.front().detail ==
        json{{"to", "cancelled"}, {"steps", 1}, {"reason", "enough"}});
  CHECK(functions(run) == lines{"undo.a"});
  const auto again = run.give(cancel_command{});
  REQUIRE_FALSE(again);
  CHECK(mentions(again.error().message, "it is undoing its steps"));
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::cancelled);
  CHECK_FALSE(run.state().error.has_value());
}

TEST_CASE("a step under way when a run is cancelled is told to stop, and waited for",
          "[compensate][cancel]") {
  const json flow = chain({start(), undoable("a"), undoable("b"), end()});
  for (const bool came_through : {true, false}) {
    CAPTURE(came_through);
    driven_run run{flow};
    REQUIRE(run.begin());
    REQUIRE(run.finish("a"));
    const token_id b = run.call_of("b")->token;
    REQUIRE(run.give(cancel_command{}));
    REQUIRE(run.last().effects.size() == 1);
    CHECK(std::get<abandon_effect>(run.last().effects[0]).token == b);
    CHECK(functions(run) == lines{"test.b"});  // what it does may have to be undone
    CHECK(broken_invariant(run.state()) == "");
    REQUIRE(run.finish(
        "b", came_through ? result<json>(json::object()) : error{errc::cancelled, "told to stop"}));
    CHECK(functions(run) == lines{came_through ? "undo.b" : "undo.a"});
    if (came_through) REQUIRE(run.finish("b"));
    REQUIRE(run.finish("a"));
    CHECK(run.status() == run_status::cancelled);
  }
}

TEST_CASE("a step that was told to stop and asks something instead was not done",
          "[compensate][interrupt]") {
  driven_run run{chain({start(), undoable("a"), undoable("b"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  auto outcome = run.outcome_of(*run.call_of("b"), json());
  outcome.interrupted = interruption{"pay?", {{"k", 1}}};
  REQUIRE(run.give(cancel_command{}));
  REQUIRE(run.give(std::move(outcome)));
  CHECK(functions(run) == lines{"undo.a"});
  CHECK(run.data() == json::object());
  CHECK(run.story("interrupted").empty());
}

TEST_CASE("other branches under way are waited for before the first step is undone",
          "[compensate][fork]") {
  driven_run run{flow_of({start(), undoable("a"), undoable("b"), task("c")},
                         {edge("start", "a"), edge("start", "b"), edge("start", "c")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("c", broken));
  CHECK(functions(run) == lines{"test.b"});
  REQUIRE(run.finish("b"));
  CHECK(functions(run) == lines{"undo.b"});
  REQUIRE(run.finish("b"));
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->node == "c");
}

TEST_CASE("after a crash a step that was told to stop counts as failed", "[compensate]") {
  driven_run run{chain({start(), undoable("a"), undoable("b"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.give(cancel_command{}));
  run.restart_from(run.state());
  CHECK(functions(run) == lines{"undo.a"});
  CHECK(run.story("step_failed") == lines{"step_failed b 1.1"});
}

TEST_CASE("branches that sleep or ask are dropped when a run is undone", "[compensate]") {
  driven_run run{flow_of({start(), undoable("a"), node_of("w", "wait", {{"duration", "1h"}}),
                          node_of("q", "interrupt", {{"question", 1}})},
                         {edge("start", "a"), edge("start", "w"), edge("start", "q")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::running);  // the wait goes on
  REQUIRE(run.give(cancel_command{}));
  CHECK(next_alarm(run.state()) == std::nullopt);
  CHECK_FALSE(run.give(resume_command{std::nullopt, "", json::object(), "q#1.1", json(1)}));
  CHECK(functions(run) == lines{"undo.a"});
}

TEST_CASE("a paused run that is cancelled goes on to be undone", "[compensate][pause]") {
  auto run = before_the_last();
  REQUIRE(run.give(pause_command{}));
  REQUIRE(run.finish("c"));
  REQUIRE(run.status() == run_status::paused);
  REQUIRE(run.give(cancel_command{}));
  CHECK(run.status() == run_status::running);
  CHECK(functions(run) == lines{"undo.b"});
}

TEST_CASE("a compensation is tried as its own retry policy says", "[compensate][retry-policy]") {
  driven_run run{chain({start(), undoable("a", {{"retry", {{"max_attempts", 2}}}}), task("c")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("c", broken));
  REQUIRE(run.finish("a", broken));
  CHECK(run.status() == run_status::running);
  CHECK(is_parked(run.state()));
  CHECK(survives_restart(run));
  REQUIRE(run.ring());
  CHECK(functions(run) == lines{"undo.a"});
  CHECK(run.call_of("a")->attempt == 2);
  CHECK(run.call_of("a")->visit == 1);
  CHECK(run.call_of("a")->compensates);
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "broken");
}

TEST_CASE("a compensation that fails for good fails the run, and a retry goes on with it",
          "[compensate][retry]") {
  for (const bool cancelled : {false, true}) {
    auto run = before_the_last();
    if (cancelled) {
      REQUIRE(run.give(cancel_command{}));
      REQUIRE(run.finish("c", error{errc::cancelled, "told to stop"}));
    } else {
      REQUIRE(run.finish("c", broken));
    }
    REQUIRE(run.finish("b", fail("bank_closed", "come tomorrow")));
    CHECK(run.status() == run_status::failed);
    CHECK(run.state().error->type == "compensation_failed");
    CHECK(run.state().error->message == "node \"b\" could not be undone: come tomorrow");
    CHECK(run.state().error->node == "b");
    CHECK(survives_restart(run));
    CHECK(broken_invariant(run.state()) == "");
    REQUIRE(run.give(retry_command{}));
    CHECK(functions(run) == lines{"undo.b"});
    CHECK(run.call_of("b")->attempt == 2);
    REQUIRE(run.finish("b"));
    REQUIRE(run.finish("a"));
    CHECK(run.status() == (cancelled ? run_status::cancelled : run_status::failed));
    if (!cancelled) CHECK(run.state().error->type == "broken");
  }
}

TEST_CASE("no edge on_error of a step catches the failure of its compensation",
          "[compensate][on-error]") {
  json flow = chain({start(), undoable("a"), task("c")});
  flow["nodes"].push_back(task("help"));
  flow["edges"].push_back(edge_on("on_error", "a", "help"));
  driven_run run{flow};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("c", broken));
  REQUIRE(run.finish("a", broken));
  CHECK(run.state().error->type == "compensation_failed");
}

TEST_CASE("a compensation cannot ask anything", "[compensate][interrupt]") {
  driven_run run{chain({start(), undoable("a"), task("c")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("c", broken));
  auto outcome = run.outcome_of(*run.call_of("a"), json());
  outcome.interrupted = interruption{"pay?", json::object()};
  REQUIRE(run.give(std::move(outcome)));
  CHECK(run.state().error->type == "compensation_failed");
}

TEST_CASE("a run that is being undone can be paused and resumed", "[compensate][pause]") {
  auto run = before_the_last();
  REQUIRE(run.finish("c", broken));
  REQUIRE(run.give(pause_command{}));
  REQUIRE(run.finish("b"));
  CHECK(run.status() == run_status::paused);
  CHECK(run.calls().empty());
  CHECK(survives_restart(run));
  CHECK_FALSE(run.give(cancel_command{}));
  REQUIRE(run.give(resume_command{}));
  CHECK(functions(run) == lines{"undo.a"});
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::failed);
}

TEST_CASE("a run that is parked while it is being undone goes on with that after a retry",
          "[compensate][park][retry]") {
  auto under_way = before_the_last();
  REQUIRE(under_way.finish("c", broken));
  auto between = under_way;
  REQUIRE(under_way.give(quarantine_command{"it crashed"}));
  CHECK(under_way.state().error->type == "engine.quarantined");
  REQUIRE(under_way.give(retry_command{}));
  CHECK(functions(under_way) == lines{"undo.b"});

  REQUIRE(between.give(pause_command{}));
  REQUIRE(between.finish("b"));
  REQUIRE(between.give(quarantine_command{"it crashed"}));  // no token is left, but a step to undo
  REQUIRE(between.give(retry_command{}));
  CHECK(functions(between) == lines{"undo.a"});
  REQUIRE(between.finish("a"));
  CHECK(between.status() == run_status::failed);
  CHECK(between.state().error->type == "broken");
}

TEST_CASE("a branch that a join dropped is undone like others", "[compensate][join]") {
  driven_run run{flow_of({start(), undoable("a"), task("b"), task("a2"),
                          node_of("j", "join", {{"wait_for", "any"}}), task("c")},
                         {edge("start", "a"), edge("start", "b"), edge("a", "a2"), edge("a2", "j"),
                          edge("b", "j"), edge("j", "c")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b"));
  REQUIRE(run.waiting_at() == lines{"c"});
  REQUIRE(run.finish("c", broken));
  CHECK(functions(run) == lines{"undo.a"});
}

TEST_CASE("a run that grows too large is undone", "[compensate][limits]") {
  limits allowed;
  allowed.max_state_bytes = 200;
  driven_run run{chain({start(), undoable("a"), task("b"), end()}), allowed};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b", json{{"k", std::string(300, 'x')}}));
  CHECK(functions(run) == lines{"undo.a"});
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "limit_exceeded");
}

TEST_CASE("what is kept to undo steps takes its part of what a run's data may take",
          "[compensate][limits]") {
  limits allowed;
  allowed.max_state_bytes = 500;
  driven_run run{flow_of({start(), undoable("a", {{"with", {{"k", var("k")}}}})},
                         {edge("start", "a"), edge("a", "a", var("k"))}),
                 allowed};
  REQUIRE(run.begin({{"k", std::string(100, 'x')}}));
  int done = 0;
  while (!run.state().unwinding && done < 20) {
    REQUIRE(run.finish("a"));
    ++done;
  }
  CHECK(done == 4);
  while (run.status() == run_status::running) REQUIRE(run.finish("a"));
  CHECK(run.state().error->type == "limit_exceeded");
}

TEST_CASE("a flow says which functions it calls, those that undo among them", "[compensate]") {
  CHECK(compiled(three_steps())->code_refs() ==
        lines{"test.a", "test.b", "test.c", "undo.a", "undo.b"});
}
