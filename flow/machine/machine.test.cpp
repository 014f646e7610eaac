#include "flow/machine/machine.hpp"

#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a run executes a chain of steps in order", "[machine]") {
  driven_run run{chain({start(), task("a"), task("b"), end()})};
  REQUIRE(run.begin({{"amount", 42}}, {{"by", "ada"}}));
  CHECK(run.status() == run_status::running);
  CHECK(run.waiting_at() == lines{"a"});
  REQUIRE(run.finish("a", json{{"charged", true}}));
  CHECK(run.waiting_at() == lines{"b"});
  REQUIRE(run.finish("b", json{{"sent", 7}}));
  CHECK(run.status() == run_status::completed);
  CHECK(run.data() == json{{"amount", 42}, {"charged", true}, {"sent", 7}});
  CHECK(run.state().metadata == json{{"by", "ada"}});
  CHECK(run.state().tokens.empty());
  CHECK(run.calls().empty());
  CHECK(run.story() == lines{"run_created", "step_started a 1.1", "step_finished a 1.1",
                             "step_started b 1.1", "step_finished b 1.1", "run_completed"});
}

TEST_CASE("a start requests the first call with all that its function needs", "[machine]") {
  driven_run run{chain({start(), task("a", {{"args", {{"x", 1}}}, {"timeout", "5s"}})})};
  REQUIRE(run.begin({{"amount", 42}}));
  REQUIRE(run.last().effects.size() == 1);
  const auto& call = std::get<invoke_effect>(run.last().effects[0]);
  CHECK(call.node == "a");
  CHECK(call.code_ref == "test.a");
  CHECK(call.args == json{{"x", 1}});
  CHECK(call.state.whole() == json{{"amount", 42}});
  CHECK(call.visit == 1);
  CHECK(call.attempt == 1);
  CHECK(call.timeout == std::chrono::seconds{5});
}

TEST_CASE("a run records when it was created, changed and finished", "[machine]") {
  driven_run run{chain({start(), task("a"), end()})};
  const auto begun = run.now();
  REQUIRE(run.begin());
  CHECK(run.state().created_at == begun);
  CHECK(run.state().started_at == begun);
  CHECK_FALSE(run.state().finished_at.has_value());
  CHECK(run.state().sequence == 1);
  const auto ended = run.now();
  REQUIRE(run.finish("a"));
  CHECK(run.state().sequence == 2);
  CHECK(run.state().updated_at == ended);
  CHECK(run.state().finished_at == ended);
  CHECK(run.state().started_at == begun);
  const auto shown = summarize(run.state());
  CHECK(shown.key.id.str() == "r1");
  CHECK(to_string(shown.flow) == "test@1.0.0");
  CHECK(shown.status == run_status::completed);
}

TEST_CASE("a run without calls is completed by its start", "[machine]") {
  driven_run run{chain({start(), condition("c", true), end()})};
  REQUIRE(run.begin());
  CHECK(run.status() == run_status::completed);
  CHECK(run.last().effects.empty());
}

TEST_CASE("a start requires objects as input and metadata", "[machine][start]") {
  for (const json& wrong : {json(), json(1), json("text"), json::array()}) {
    driven_run run{chain({start(), end()})};
    const auto refused = run.begin(wrong);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::invalid_argument);
    CHECK(mentions(refused.error().message, "must be a JSON object"));
    CHECK_FALSE(run.begin(json::object(), wrong));
    CHECK(run.state() == run_state{});
  }
}

TEST_CASE("a start refuses an input that is too large", "[machine][start]") {
  limits allowed;
  allowed.max_state_bytes = 100;
  driven_run run{chain({start(), end()}), allowed};
  const auto refused = run.begin({{"x", std::string(200, 'x')}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::limit_exceeded);
  CHECK(mentions(refused.error().message, "run.max_state_bytes"));
  CHECK(run.state() == run_state{});
}

TEST_CASE("a restarted run names the run that it restarts", "[machine][start]") {
  const auto flow = compiled(chain({start(), end()}));
  run_state state;
  start_command again;
  again.key = {default_scope(), run_id{"r2"}};
  again.flow = flow->id();
  again.restarted_from = run_id{"r1"};
  again.fingerprint = 99;
  REQUIRE(apply(*flow, state, std::move(again), from_unix_us(1)));
  CHECK(state.restarted_from == run_id{"r1"});
  CHECK(state.start_fingerprint == 99);
}

TEST_CASE("the idempotency key of a call names the run, the node and the visit", "[machine]") {
  const run_key key{scope_name{"acme"}, run_id{"r1"}};
  CHECK(idempotency_key(key, "charge", 3) == "acme/r1/charge/3");
}

TEST_CASE("a call continues the trace of the start of its run", "[machine][trace]") {
  run_state run;
  run.key = {scope_name{"acme"}, run_id{"r1"}};
  run.trace = trace_context{{7}, {8}, 1};
  const auto call = trace_of_call(run, "acme/r1/charge/3", 1);
  CHECK(call.trace_id == run.trace->trace_id);
  CHECK(call.flags == 1);
  CHECK(call.parent_id != run.trace->parent_id);
  CHECK(call == trace_of_call(run, "acme/r1/charge/3", 1));
  CHECK(call.parent_id != trace_of_call(run, "acme/r1/charge/3", 2).parent_id);
  CHECK(call.parent_id != trace_of_call(run, "acme/r1/charge/31", 1).parent_id);
}

TEST_CASE("a run started without a trace has one of its own, which never changes",
          "[machine][trace]") {
  run_state run;
  run.key = {scope_name{"acme"}, run_id{"r1"}};
  const auto call = trace_of_call(run, "acme/r1/charge/3", 2);
  // Fixed values: traces that were stored must be found again.
  CHECK(to_traceparent(call) == "00-7a2c796c7f4905c57751cc34cf870f30-9a9f9ee0feb541a1-00");
  CHECK(parse_traceparent(to_traceparent(call)) == call);
  run.key.scope = scope_name{"other"};
  CHECK(trace_of_call(run, "acme/r1/charge/3", 2).trace_id != call.trace_id);
}

TEST_CASE("a run waits for exactly the calls that it requested", "[machine]") {
  driven_run run{chain({start(), task("a"), end()})};
  REQUIRE(run.begin());
  const auto token = run.calls().begin()->first;
  CHECK(waits_for(run.flow(), run.state(), token, "a", 1, 1));
  CHECK_FALSE(waits_for(run.flow(), run.state(), token, "a", 1, 2));
  CHECK_FALSE(waits_for(run.flow(), run.state(), token, "a", 2, 1));
  CHECK_FALSE(waits_for(run.flow(), run.state(), token, "start", 1, 1));
  CHECK_FALSE(waits_for(run.flow(), run.state(), token + 1, "a", 1, 1));
  CHECK_FALSE(is_parked(run.state()));
  REQUIRE(run.finish("a"));
  CHECK_FALSE(waits_for(run.flow(), run.state(), token, "a", 1, 1));
  CHECK(is_parked(run.state()));
}

TEST_CASE("an outcome that is no longer awaited is refused and changes nothing", "[machine]") {
  driven_run run{chain({start(), task("a"), task("b"), end()})};
  REQUIRE(run.begin());
  const invoke_effect first = *run.call_of("a");
  REQUIRE(run.finish("a"));
  const run_state before = run.state();
  for (auto late :
       {run.outcome_of(first, json{{"x", 1}}), run.outcome_of(*run.call_of("b"), json{{"x", 1}})}) {
    if (late.token == run.call_of("b")->token && late.visit == 1 && late.attempt == 1)
      late.attempt = 2;  // of a call that was never made
    const auto refused = run.apply(late);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::conflict);
    CHECK(run.state() == before);
  }
}

TEST_CASE("an outcome that arrives twice counts once", "[machine]") {
  driven_run run{chain({start(), task("a"), task("b"), end()})};
  REQUIRE(run.begin());
  const auto outcome = run.outcome_of(*run.call_of("a"), json{{"x", 1}});
  REQUIRE(run.apply(outcome));
  const run_state before = run.state();
  CHECK_FALSE(run.apply(outcome));
  CHECK(run.state() == before);
}

TEST_CASE("the calls of a crashed run are requested again", "[machine][recover]") {
  driven_run run{flow_of({start(), task("a", {{"with", {{"twice", var("x")}}}}), task("b")},
                         {edge("start", "a"), edge("start", "b")})};
  REQUIRE(run.begin({{"x", 5}}));
  run.restart_from(run_state{run.state()});
  REQUIRE(run.calls().size() == 2);
  const auto& a = *run.call_of("a");
  CHECK(a.visit == 1);
  CHECK(a.attempt == 1);
  CHECK(a.args == json{{"twice", 5}});
  CHECK(a.state.whole() == json{{"x", 5}});
  CHECK(run.call_of("b") != nullptr);
}

TEST_CASE("now, uuid and random are the same for all rules of a visit, also after a crash",
          "[machine][recover]") {
  const json values{{"at", {{"now", json::array()}}},
                    {"id", {{"uuid", json::array()}}},
                    {"n", {{"random", {1, 1'000'000}}}}};
  const json same_time{{"===", {{{"now", json::array()}}, var("at")}}};
  driven_run run{flow_of({start(), task("a", {{"with", values}}), task("same"), task("other")},
                         {edge("start", "a"), edge("a", "same", same_time), edge("a", "other")})};
  REQUIRE(run.begin());
  const json first = run.call_of("a")->args;
  CHECK(first["at"].get<std::string>().starts_with("20"));

  run.advance_clock(std::chrono::hours{1});
  run.restart_from(run_state{run.state()});
  REQUIRE(run.call_of("a") != nullptr);
  CHECK(run.call_of("a")->args == first);

  // The rule of an edge reads the time of the visit, too, an hour later.
  REQUIRE(run.finish("a", json{{"at", first["at"]}}));
  CHECK(run.call_of("same") != nullptr);
}

TEST_CASE("each visit has a time and a chance of its own", "[machine]") {
  const json values{{"at", {{"now", json::array()}}}, {"id", {{"uuid", json::array()}}}};
  driven_run run{flow_of({start(), task("a", {{"with", values}})},
                         {edge("start", "a"), edge("a", "a", var("again"))})};
  REQUIRE(run.begin());
  const json first = run.call_of("a")->args;
  run.advance_clock(std::chrono::hours{1});
  REQUIRE(run.finish("a", json{{"again", true}}));
  const json second = run.call_of("a")->args;
  CHECK(second["at"] > first["at"]);
  CHECK(second["id"] != first["id"]);
}

TEST_CASE("a token stores the time of its visit only if a rule reads it", "[machine]") {
  for (const bool reads : {true, false}) {
    const json value = reads ? json{{"now", json::array()}} : json{{"uuid", json::array()}};
    driven_run run{chain({start(), task("a", {{"with", {{"x", value}}}}), end()})};
    REQUIRE(run.begin());
    CHECK(run.state().tokens.front().rules_time.has_value() == reads);
  }
}

TEST_CASE("a repeated call leaves a trace: an event, and the number of calls",
          "[machine][recover]") {
  driven_run run{chain({start(), task("a"), task("b"), end()})};
  REQUIRE(run.begin());
  run.restart_from(run_state{run.state()});
  run.restart_from(run_state{run.state()});
  CHECK(run.story("step_") ==
        lines{"step_started a 1.1", "step_restarted a 1.1", "step_restarted a 1.1"});
  CHECK(run.events().back().detail == json{{"calls", 3}});
  CHECK(run.state().tokens.front().repeated_calls == 2);
  REQUIRE(run.finish("a"));
  CHECK(run.state().tokens.front().repeated_calls == 0);
  const auto late = run.apply(restart_step_command{1, "a", 1, 1});
  REQUIRE_FALSE(late);
  CHECK(late.error().code == errc::conflict);
}

TEST_CASE("after a crash, a call whose arguments cannot be computed has failed",
          "[machine][recover]") {
  driven_run run{chain(
      {start(),
       task("a", {{"with", {{"x", {{"if", {var("broken"), json{{"*", json::array()}}, 1}}}}}}}),
       end()})};
  REQUIRE(run.begin());
  run.mutable_state().data.edit()["broken"] = true;
  run.mutable_state().data_bytes += 14;
  const auto due = recover(run.flow(), run.state());
  CHECK(due.effects.empty());
  REQUIRE(due.commands.size() == 1);
  REQUIRE(run.apply(due.commands.front()));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->node == "a");
}

TEST_CASE("a finished run requests nothing after a crash", "[machine][recover]") {
  driven_run run{chain({start(), task("a"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(cancel_command{}));
  CHECK(recover(run.flow(), run.state()).effects.empty());
}

TEST_CASE("the history shows node names and empty details as objects", "[machine]") {
  driven_run run{chain({start(), task("a"), end()})};
  REQUIRE(run.begin());
  const auto shown = to_history(run.flow(), run.events().back(), 1, run.now());
  CHECK(shown.kind == "step_started");
  CHECK(shown.node == "a");
  CHECK(shown.visit == 1);
  CHECK(shown.attempt == 1);
  CHECK(shown.checkpoint == 1);
  CHECK(shown.detail == json::object());
  CHECK(to_history(run.flow(), run.events().front(), 1, run.now()).node.empty());
}

TEST_CASE("data that exceeds its limit fails the run with an error that says what to do",
          "[machine][limits]") {
  limits allowed;
  allowed.max_state_bytes = 200;
  driven_run run{chain({start(), task("a"), task("b"), end()}), allowed};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"big", std::string(300, 'x')}}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "limit_exceeded");
  CHECK(mentions(run.state().error->message, "run.max_state_bytes"));
  CHECK(run.calls().empty());
}

TEST_CASE("a transition that fails the run requests no call", "[machine][limits]") {
  SECTION("because its data is too large") {
    limits allowed;
    allowed.max_state_bytes = 200;
    driven_run run{chain({start(), task("a"), task("b"), end()}), allowed};
    REQUIRE(run.begin());
    REQUIRE(run.finish("a", json{{"big", std::string(300, 'x')}}));
    REQUIRE(run.status() == run_status::failed);
    CHECK(run.last().effects.empty());
  }
  SECTION("because another branch failed") {
    driven_run run{flow_of({start(), task("a"), condition("c", {{"*", json::array()}})},
                           {edge("start", "a"), edge("start", "c")})};
    REQUIRE(run.begin());
    REQUIRE(run.status() == run_status::failed);
    CHECK(run.last().effects.empty());
  }
}

TEST_CASE("a retry does not accept data that is too large in branches", "[machine][limits]") {
  limits allowed;
  allowed.max_state_bytes = 200;
  driven_run run{flow_of({start(), task("a"), task("b"), task("a2")},
                         {edge("start", "a"), edge("start", "b"), edge("a", "a2")}),
                 allowed};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"big", std::string(300, 'x')}}));
  REQUIRE(run.status() == run_status::failed);
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "limit_exceeded");
}

TEST_CASE("the size of the data is also checked in a transition that reaches its budget",
          "[machine][limits]") {
  limits allowed;
  allowed.max_state_bytes = 200;
  driven_run run{flow_of({start(), task("a"), task("b"), condition("round", true), end()},
                         {edge("start", "a"), edge("start", "b"), edge("a", "round"),
                          edge("round", "round", true), edge("round", "end", false)}),
                 allowed};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"big", std::string(300, 'x')}}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "limit_exceeded");
}

TEST_CASE("a broken invariant of a run is an exception that says what is wrong and where",
          "[machine]") {
  driven_run run{chain({start(), task("a")})};
  REQUIRE(run.begin(json::object()));
  auto state = run.state();
  delta skips;
  skips.sequence = state.sequence + 2;
  CHECK_THROWS_WITH(flow::apply(state, skips),
                    Catch::Contains("a defect of Pawl: the delta does not follow the state") &&
                        Catch::Contains("flow/machine/delta.cpp:"));
}
