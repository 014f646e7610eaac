// Compensation of steps when their run fails for good or is cancelled.

#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

/// A task with the compensation "undo.<id>".
json undoable(std::string id, json undo = json::object(), json more = json::object()) {
  undo["code_ref"] = "undo." + id;
  more["compensate"] = std::move(undo);
  return task(std::move(id), std::move(more));
}

json three_steps() {
  return chain({start(), undoable("a"), undoable("b"), task("c"), end()});
}

/// The same, while c is running.
driven_run before_the_last(json flow = three_steps()) {
  driven_run run{flow};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b"));
  return run;
}

const error broken = fail("broken", "it broke");

/// The functions of the open calls.
lines functions(const driven_run& run) {
  lines names;
  for (const auto& [id, call] : run.calls()) names.push_back(call.code_ref);
  return names;
}

}  // namespace

TEST_CASE("the settings of a compensation are checked", "[compensate][validation]") {
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
  CHECK(with({{"code_ref", "x"}, {"with", {{"k", {{"!", {{"wat", 1}}}}}}}}) ==
        lines{at + "/with/k/!/wat unknown_operator"});
  CHECK(with({{"code_ref", "x"}, {"timeout", "1s"}, {"total_timeout", 5}, {"args", {{"k", 1}}}}) ==
        lines{});
}

TEST_CASE("a failed run compensates its completed steps, the last one first", "[compensate]") {
  auto run = before_the_last();
  REQUIRE(run.finish("c", broken));
  CHECK(run.status() == run_status::running);
  CHECK(run.state().compensating.has_value());
  CHECK(functions(run) == lines{"undo.b"});
  CHECK(run.call_of("b")->compensates);
  CHECK(survives_restart(run));
  REQUIRE(run.finish("b"));
  CHECK(functions(run) == lines{"undo.a"});
  CHECK(survives_restart(run));
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error == run_error{"broken", "it broke", "c", 1});
  CHECK_FALSE(run.state().compensating.has_value());
  CHECK(run.state().compensations.empty());
  CHECK(run.story("comp") == lines{"compensating", "compensation_started b 1.1",
                                   "compensation_finished b 1.1", "compensation_started a 1.1",
                                   "compensation_finished a 1.1"});
  CHECK(broken_invariant(run.state()) == "");
}

TEST_CASE("a compensated run cannot be retried", "[compensate][retry]") {
  driven_run run{chain({start(), undoable("a"), task("c")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("c", broken));
  REQUIRE(run.finish("a"));
  const auto refused = run.apply(retry_command{});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::illegal_transition);
  CHECK(mentions(refused.error().message, "restart (its steps were compensated)"));
}

TEST_CASE("a completed run compensates nothing", "[compensate]") {
  auto run = before_the_last();
  REQUIRE(run.finish("c"));
  CHECK(run.status() == run_status::completed);
  CHECK(run.story("comp").empty());
}

TEST_CASE("a caught error or a pending retry compensates nothing", "[compensate][on-error]") {
  json flow = chain({start(), undoable("a"), task("c", {{"retry", json::object()}})});
  flow["edges"].push_back(edge_on("on_error", "c", "help"));
  flow["nodes"].push_back(task("help"));
  driven_run run{flow};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  for (int n = 0; n < 3; ++n) {
    REQUIRE(run.finish("c", broken));
    if (n < 2) REQUIRE(run.fire_timer());
  }
  CHECK(run.waiting_at() == lines{"help"});
  CHECK(run.story("comp").empty());
}

TEST_CASE("a failed step is not compensated", "[compensate]") {
  driven_run run{chain({start(), undoable("a"), undoable("b")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b", broken));
  CHECK(functions(run) == lines{"undo.a"});
}

TEST_CASE("a run without completed steps fails at once and can be retried", "[compensate][retry]") {
  driven_run run{three_steps()};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", broken));
  CHECK(run.status() == run_status::failed);
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.waiting_at() == lines{"a"});
}

TEST_CASE("the arguments of a compensation are computed when the step completes", "[compensate]") {
  driven_run run{chain(
      {start(),
       undoable("a", {{"args", {{"why", "undo"}}}, {"with", {{"id", var("id")}, {"n", var("n")}}}}),
       task("b"), task("c")})};
  REQUIRE(run.begin({{"n", 1}}));
  REQUIRE(run.finish("a", json{{"id", "tx-1"}}));
  REQUIRE(run.finish("b", json{{"id", "other"}, {"n", 2}}));
  REQUIRE(run.finish("c", broken));
  CHECK(run.call_of("a")->args == json{{"why", "undo"}, {"id", "tx-1"}, {"n", 1}});
  CHECK(run.call_of("a")->state.whole().at("n") == 2);  // the state is today's
}

TEST_CASE("every visit of a step is compensated", "[compensate][loops]") {
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

TEST_CASE("a compensation has its own idempotency key", "[compensate]") {
  const run_key key{default_scope(), run_id{"r1"}};
  CHECK(idempotency_key(key, "a", 2, true) == idempotency_key(key, "a", 2) + "/compensate");
}

TEST_CASE("the result of a compensation is discarded", "[compensate]") {
  driven_run run{chain({start(), undoable("a"), task("c")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("c", broken));
  REQUIRE(run.finish("a", json{{"x", 1}}));
  CHECK(run.data() == json::object());
}

TEST_CASE("branches are compensated in reverse order of the completion of their steps",
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

TEST_CASE("a cancelled run is compensated first", "[compensate][cancel]") {
  driven_run run{chain({start(), undoable("a"), node_of("w", "signal", {{"name", "s"}})})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.apply(cancel_command{std::nullopt, "enough"}));
  CHECK(run.status() == run_status::running);
  CHECK(run.last().change.events.front().detail ==
        json{{"to", "cancelled"}, {"steps", 1}, {"reason", "enough"}});
  CHECK(functions(run) == lines{"undo.a"});
  const auto again = run.apply(cancel_command{});
  REQUIRE_FALSE(again);
  CHECK(mentions(again.error().message, "it is compensating"));
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::cancelled);
  CHECK_FALSE(run.state().error.has_value());
}

TEST_CASE("cancelling a run stops its running step and waits for it", "[compensate][cancel]") {
  const json flow = chain({start(), undoable("a"), undoable("b"), end()});
  for (const bool came_through : {true, false}) {
    CAPTURE(came_through);
    driven_run run{flow};
    REQUIRE(run.begin());
    REQUIRE(run.finish("a"));
    const token_id b = run.call_of("b")->token;
    REQUIRE(run.apply(cancel_command{}));
    REQUIRE(run.last().effects.size() == 1);
    CHECK(std::get<abandon_effect>(run.last().effects[0]).token == b);
    CHECK(functions(run) == lines{"test.b"});  // what it does may have to be undone
    CHECK(broken_invariant(run.state()) == "");
    REQUIRE(run.finish(
        "b", came_through ? result<json>(json::object()) : error{errc::cancelled, "stopped"}));
    CHECK(functions(run) == lines{came_through ? "undo.b" : "undo.a"});
    if (came_through) REQUIRE(run.finish("b"));
    REQUIRE(run.finish("a"));
    CHECK(run.status() == run_status::cancelled);
  }
}

TEST_CASE("a stopped step that asks a question is not compensated", "[compensate][interrupt]") {
  driven_run run{chain({start(), undoable("a"), undoable("b"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  auto outcome = run.outcome_of(*run.call_of("b"), json());
  outcome.interrupted = interruption{"pay?", {{"k", 1}}};
  REQUIRE(run.apply(cancel_command{}));
  REQUIRE(run.apply(std::move(outcome)));
  CHECK(functions(run) == lines{"undo.a"});
  CHECK(run.data() == json::object());
  CHECK(run.story("interrupted").empty());
}

TEST_CASE("compensation waits for the running steps of other branches", "[compensate][fork]") {
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

TEST_CASE("after a crash a stopped step counts as failed", "[compensate]") {
  driven_run run{chain({start(), undoable("a"), undoable("b"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.apply(cancel_command{}));
  run.restart_from(run.state());
  CHECK(functions(run) == lines{"undo.a"});
  CHECK(run.story("step_failed") == lines{"step_failed b 1.1"});
}

TEST_CASE("compensation drops branches that sleep or ask", "[compensate]") {
  driven_run run{flow_of({start(), undoable("a"), node_of("w", "wait", {{"duration", "1h"}}),
                          node_of("q", "interrupt", {{"question", 1}})},
                         {edge("start", "a"), edge("start", "w"), edge("start", "q")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::running);  // the wait goes on
  REQUIRE(run.apply(cancel_command{}));
  CHECK(next_timer(run.state()) == std::nullopt);
  CHECK_FALSE(run.apply(resume_command{std::nullopt, "", json::object(), "q#1.1", json(1)}));
  CHECK(functions(run) == lines{"undo.a"});
}

TEST_CASE("cancelling a paused run compensates it", "[compensate][pause]") {
  auto run = before_the_last();
  REQUIRE(run.apply(pause_command{}));
  REQUIRE(run.finish("c"));
  REQUIRE(run.status() == run_status::paused);
  REQUIRE(run.apply(cancel_command{}));
  CHECK(run.status() == run_status::running);
  CHECK(functions(run) == lines{"undo.b"});
}

TEST_CASE("a compensation has its own retry policy", "[compensate][retry-policy]") {
  driven_run run{chain({start(), undoable("a", {{"retry", {{"max_attempts", 2}}}}), task("c")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("c", broken));
  REQUIRE(run.finish("a", broken));
  CHECK(run.status() == run_status::running);
  CHECK(is_parked(run.state()));
  CHECK(survives_restart(run));
  REQUIRE(run.fire_timer());
  CHECK(functions(run) == lines{"undo.a"});
  CHECK(run.call_of("a")->attempt == 2);
  CHECK(run.call_of("a")->visit == 1);
  CHECK(run.call_of("a")->compensates);
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "broken");
}

TEST_CASE("rules compute the retry policy of a compensation when it begins",
          "[compensate][retry-policy]") {
  const json retry{{"max_attempts", var("n")},
                   {"jitter", 0},
                   {"on",
                    {{{"error", "busy"}, {"initial_interval", {{"cat", {var("s"), "s"}}}}},
                     {{"max_attempts", 1}}}}};
  driven_run run{chain({start(), undoable("a", {{"retry", retry}}), task("b"), task("c")})};
  REQUIRE(run.begin({{"n", 1}, {"s", 1}}));
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b", json{{"n", 3}, {"s", 10}}));
  REQUIRE(run.finish("c", broken));
  for (const int wait : {10, 20}) {
    REQUIRE(run.finish("a", fail("busy", "try again")));
    CHECK(*next_timer(run.state()) - run.state().updated_at == std::chrono::seconds{wait});
    CHECK(survives_restart(run));
    REQUIRE(run.fire_timer());
    CHECK(run.call_of("a")->compensates);
  }
  REQUIRE(run.finish("a", fail("busy", "try again")));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "compensation_failed");
}

TEST_CASE("a rule computes the time of all attempts of a compensation", "[compensate][timeout]") {
  const json undo{{"total_timeout", {{"*", {var("n"), 60}}}},
                  {"retry", {{"max_attempts", 100}, {"initial_interval", "1m"}, {"backoff", 1}}}};
  driven_run run{chain({start(), undoable("a", undo), task("c")})};
  REQUIRE(run.begin({{"n", 3}}));
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("c", broken));
  std::size_t calls = 0;
  for (; run.status() == run_status::running && calls < 10; ++calls) {
    REQUIRE(run.finish("a", broken));
    CHECK(survives_restart(run));
    if (run.status() == run_status::running) REQUIRE(run.fire_timer());
  }
  CHECK(calls == 3);
  CHECK(run.state().error->type == "compensation_failed");
}

TEST_CASE(
    "a rule of a compensation that returns no number fails the run, and a retry asks it again",
    "[compensate][retry]") {
  for (const json& undo :
       {json{{"retry", {{"max_attempts", var("n")}}}}, json{{"total_timeout", var("n")}}}) {
    CAPTURE(undo);
    driven_run run{chain({start(), undoable("a", undo), task("c")})};
    REQUIRE(run.begin({{"n", "many"}}));
    REQUIRE(run.finish("a"));
    REQUIRE(run.finish("c", broken));
    CHECK(run.calls().empty());
    REQUIRE(run.status() == run_status::failed);
    CHECK(run.state().error->type == "compensation_failed");
    CHECK(survives_restart(run));
    REQUIRE(run.apply(set_data_command{std::nullopt, "", {{"n", 2}}}));
    REQUIRE(run.apply(retry_command{}));
    CHECK(functions(run) == lines{"undo.a"});
    REQUIRE(run.finish("a"));
    CHECK(run.state().error->type == "broken");
  }
}

TEST_CASE("the rules of a compensation read its own time", "[compensate][retry-policy]") {
  const json age{{"time_diff", {{{"now", json::array()}}, 1'700'000'000, "h"}}};
  const json is_late{{">", {age, 1}}};
  const json retry{{"max_attempts", {{"if", {is_late, 2, 1}}}}};
  driven_run run{chain({start(), undoable("a", {{"retry", retry}}), task("c")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  run.advance_clock(std::chrono::hours{2});
  REQUIRE(run.finish("c", broken));
  REQUIRE(run.finish("a", broken));
  CHECK(run.status() == run_status::running);  // a second attempt follows
  CHECK(survives_restart(run));
}

TEST_CASE("a failed compensation fails the run, and a retry continues with it",
          "[compensate][retry]") {
  for (const bool cancelled : {false, true}) {
    auto run = before_the_last();
    if (cancelled) {
      REQUIRE(run.apply(cancel_command{}));
      REQUIRE(run.finish("c", error{errc::cancelled, "stopped"}));
    } else {
      REQUIRE(run.finish("c", broken));
    }
    REQUIRE(run.finish("b", fail("bank_closed", "come tomorrow")));
    CHECK(run.status() == run_status::failed);
    CHECK(run.state().error->type == "compensation_failed");
    CHECK(run.state().error->message ==
          std::string{"the compensation of node \"b\" failed: come tomorrow"} +
              (cancelled ? "" : "; it was called because of broken at \"c\": it broke"));
    CHECK(run.state().error->node == "b");
    CHECK(survives_restart(run));
    CHECK(broken_invariant(run.state()) == "");
    REQUIRE(run.apply(retry_command{}));
    CHECK(functions(run) == lines{"undo.b"});
    CHECK(run.call_of("b")->attempt == 2);
    REQUIRE(run.finish("b"));
    REQUIRE(run.finish("a"));
    CHECK(run.status() == (cancelled ? run_status::cancelled : run_status::failed));
    if (!cancelled) CHECK(run.state().error->type == "broken");
  }
}

TEST_CASE("an on_error edge does not catch the failure of a compensation",
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

TEST_CASE("a compensation cannot ask questions", "[compensate][interrupt]") {
  driven_run run{chain({start(), undoable("a"), task("c")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("c", broken));
  auto outcome = run.outcome_of(*run.call_of("a"), json());
  outcome.interrupted = interruption{"pay?", json::object()};
  REQUIRE(run.apply(std::move(outcome)));
  CHECK(run.state().error->type == "compensation_failed");
}

TEST_CASE("a compensating run can be paused and resumed", "[compensate][pause]") {
  auto run = before_the_last();
  REQUIRE(run.finish("c", broken));
  REQUIRE(run.apply(pause_command{}));
  REQUIRE(run.finish("b"));
  CHECK(run.status() == run_status::paused);
  CHECK(run.calls().empty());
  CHECK(survives_restart(run));
  CHECK_FALSE(run.apply(cancel_command{}));
  REQUIRE(run.apply(resume_command{}));
  CHECK(functions(run) == lines{"undo.a"});
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::failed);
}

TEST_CASE("a compensating run that was quarantined continues after a retry",
          "[compensate][park][retry]") {
  auto under_way = before_the_last();
  REQUIRE(under_way.finish("c", broken));
  auto between = under_way;
  REQUIRE(under_way.apply(quarantine_command{"it crashed"}));
  CHECK(under_way.state().error->type == "engine.quarantined");
  REQUIRE(under_way.apply(retry_command{}));
  CHECK(functions(under_way) == lines{"undo.b"});

  REQUIRE(between.apply(pause_command{}));
  REQUIRE(between.finish("b"));
  REQUIRE(between.apply(quarantine_command{"it crashed"}));  // no token is left, but a step to undo
  REQUIRE(between.apply(retry_command{}));
  CHECK(functions(between) == lines{"undo.a"});
  REQUIRE(between.finish("a"));
  CHECK(between.status() == run_status::failed);
  CHECK(between.state().error->type == "broken");
}

TEST_CASE("a branch that a join dropped is compensated", "[compensate][join]") {
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

TEST_CASE("a run that exceeds its size limit is compensated", "[compensate][limits]") {
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

TEST_CASE("recorded compensations count towards the size of the run", "[compensate][limits]") {
  limits allowed;
  allowed.max_state_bytes = 500;
  driven_run run{flow_of({start(), undoable("a", {{"with", {{"k", var("k")}}}})},
                         {edge("start", "a"), edge("a", "a", var("k"))}),
                 allowed};
  REQUIRE(run.begin({{"k", std::string(100, 'x')}}));
  int done = 0;
  while (!run.state().compensating && done < 20) {
    REQUIRE(run.finish("a"));
    ++done;
  }
  CHECK(done == 4);
  while (run.status() == run_status::running) REQUIRE(run.finish("a"));
  CHECK(run.state().error->type == "limit_exceeded");
}

TEST_CASE("a fail node, a visit limit and a failing rule compensate", "[compensate]") {
  const json flows[] = {
      chain({start(), undoable("a"), node_of("x", "fail", {{"message", "no"}})}),
      flow_of({start(), undoable("a", json::object(), {{"max_visits", 1}}), end()},
              {edge("start", "a"), edge("a", "a", var("again")), edge("a", "end")}),
      flow_of({start(), undoable("a"), end()},
              {edge("start", "a"), edge("a", "end", json{{"/", {1, var("zero")}}})})};
  for (const json& flow : flows) {
    INFO(flow);
    driven_run run{flow};
    REQUIRE(run.begin({{"again", true}, {"zero", 0}}));
    REQUIRE(run.finish("a"));
    CHECK(functions(run) == lines{"undo.a"});
  }
}

TEST_CASE("a terminated run is not compensated", "[compensate][terminate]") {
  driven_run run = before_the_last();
  REQUIRE(run.apply(terminate_command{}));
  CHECK(run.status() == run_status::cancelled);
  CHECK(run.story("compensation_started").empty());
}

TEST_CASE("what a tolerated item has done stays, until the run fails", "[compensate][map]") {
  driven_run run{
      flow_of({start(), node_of("m", "map", {{"items", {1}}, {"tolerate", 1}}), undoable("a"),
               task("b"), task("c")},
              {edge("start", "m"), edge_on("each", "m", "a"), edge("a", "b"), edge("m", "c")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b", broken));
  REQUIRE(run.waiting_at() == lines{"c"});
  REQUIRE(run.finish("c", broken));
  CHECK(functions(run) == lines{"undo.a"});
}

TEST_CASE("a run whose output cannot be computed keeps its steps", "[compensate][output]") {
  json flow = chain({start(), undoable("a"), end()});
  flow["output"] = {{"x", {{"/", {1, var("zero")}}}}};
  driven_run run{flow};
  REQUIRE(run.begin({{"zero", 0}}));
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "invalid_output");
  CHECK(functions(run).empty());
}

TEST_CASE("the functions of a flow include those of compensations", "[compensate]") {
  CHECK(compiled(three_steps())->code_refs() ==
        lines{"test.a", "test.b", "test.c", "undo.a", "undo.b"});
}
