// The retry policy of a task. The retry command is tested in commands/retry.test.cpp.

#include <pawl/code_ref.hpp>

#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;
using namespace std::chrono_literals;

/// A task with a retry policy without jitter.
json retried(std::string id, json policy = json::object(), json more = json::object()) {
  policy["jitter"] = 0;
  more["retry"] = std::move(policy);
  return task(std::move(id), std::move(more));
}

result<void> break_at(driven_run& run, const std::string& node, std::string type = "busy") {
  return run.finish(node, fail(std::move(type), "try again"));
}

/// Returns how long the run sleeps after the last command.
std::chrono::milliseconds slept(const driven_run& run) {
  const auto due = next_timer(run.state());
  REQUIRE(due.has_value());
  return std::chrono::duration_cast<std::chrono::milliseconds>(*due - run.state().updated_at);
}

lines errors_of_retry(json policy) {
  return errors_of(chain({start(), task("a", {{"retry", std::move(policy)}})}));
}

}  // namespace

TEST_CASE("a retry policy is checked", "[retry-policy][validation]") {
  const std::string at = "/nodes/1/data/retry";
  CHECK(errors_of_retry(3) == lines{at + " wrong_type"});
  CHECK(errors_of_retry({{"attempts", 3}}) == lines{at + "/attempts unknown_key"});
  for (const json& bad : {json(0), json(-1), json(1.5), json("3"), json(1'000'001)})
    CHECK(errors_of_retry({{"max_attempts", bad}}) == lines{at + "/max_attempts out_of_range"});
  CHECK(errors_of_retry({{"initial_interval", "x"}}) ==
        lines{at + "/initial_interval bad_duration"});
  CHECK(errors_of_retry({{"max_interval", -1}}) == lines{at + "/max_interval bad_duration"});
  CHECK(errors_of_retry({{"initial_interval", "2m"}, {"max_interval", "1m"}}) ==
        lines{at + "/max_interval out_of_range"});
  CHECK(errors_of_retry({{"max_interval", "500ms"}}) == lines{});
  for (const json& bad : {json(0.5), json(101), json("2")})
    CHECK(errors_of_retry({{"backoff", bad}}) == lines{at + "/backoff out_of_range"});
  for (const json& bad : {json(-0.1), json(1.1)})
    CHECK(errors_of_retry({{"jitter", bad}}) == lines{at + "/jitter out_of_range"});
  for (const json& bad : {json("card_declined"), json::array({1}), json::array({""}), json(true)})
    CHECK(errors_of_retry({{"non_retryable", bad}}) == lines{at + "/non_retryable wrong_type"});
  CHECK(errors_of_retry(json::object()) == lines{});
  CHECK(errors_of_retry({{"respect_retry_after", 1}}) ==
        lines{at + "/respect_retry_after wrong_type"});
  CHECK(errors_of_retry({{"on", {{"error", "x"}}}}) == lines{at + "/on wrong_type"});
  CHECK(errors_of_retry({{"on", json::array()}}) == lines{at + "/on out_of_range"});
  CHECK(errors_of_retry({{"on", {{{"eror", "x"}}}}}) == lines{at + "/on/0/eror unknown_key"});
  CHECK(errors_of_retry({{"on", {json::object(), {{"error", 1}}}}}) ==
        lines{at + "/on/1/error wrong_type"});
  for (const json& bad : {json(99), json("6xx"), json{"5xx", 1}})
    CHECK(errors_of_retry({{"on", {{{"status", bad}}}}}).front() ==
          at + "/on/0/status out_of_range");
  CHECK(errors_of_retry({{"on", {{{"error", {"a", "b"}}, {"status", {404, "5xx"}}}}}}) == lines{});
  const auto with = [](const char* key, json value) {
    return errors_of(chain({start(), task("a", {{key, std::move(value)}})}));
  };
  CHECK(with("total_timeout", "x") == lines{"/nodes/1/data/total_timeout bad_duration"});
  CHECK(with("heartbeat_timeout", -1) == lines{"/nodes/1/data/heartbeat_timeout bad_duration"});
}

TEST_CASE("a failed step is retried after growing waits", "[retry-policy]") {
  driven_run run{chain({start(),
                        retried("a", {{"max_attempts", 5},
                                      {"initial_interval", "10s"},
                                      {"backoff", 3},
                                      {"max_interval", "1m"}}),
                        end()})};
  REQUIRE(run.begin());
  for (const auto wait : {10s, 30s, 60s, 60s}) {
    REQUIRE(break_at(run, "a"));
    CHECK(run.status() == run_status::running);
    CHECK(is_parked(run.state()));
    CHECK(slept(run) == wait);
    CHECK(survives_restart(run));
    REQUIRE(run.fire_timer());
    CHECK(run.call_of("a")->visit == 1);
  }
  CHECK(run.call_of("a")->attempt == 5);
  REQUIRE(break_at(run, "a"));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error == run_error{"busy", "try again", "a", 5});
  CHECK(run.story("retry_scheduled").size() == 4);
  CHECK(run.story("step_failed") == lines{"step_failed a 1.5"});  // the others were no failures
}

TEST_CASE("a retried step that succeeds continues normally", "[retry-policy]") {
  driven_run run{chain({start(), retried("a"), task("b")})};
  REQUIRE(run.begin());
  REQUIRE(break_at(run, "a"));
  CHECK(run.last().change.events.front().detail.at("wait_ms") == 1000);
  CHECK(run.last().change.events.front().detail.at("type") == "busy");
  REQUIRE(run.fire_timer());
  REQUIRE(run.finish("a", json{{"x", 1}}));
  CHECK(run.waiting_at() == lines{"b"});
  CHECK(run.data() == json{{"x", 1}});
  CHECK(run.story("step_") == lines{"step_started a 1.1", "step_started a 1.2",
                                    "step_finished a 1.2", "step_started b 1.1"});
}

TEST_CASE("a first interval above the default maximum is kept", "[retry-policy]") {
  driven_run run{chain({start(), retried("a", {{"initial_interval", "2h"}})})};
  REQUIRE(run.begin());
  REQUIRE(break_at(run, "a"));
  CHECK(slept(run) == 2h);
}

TEST_CASE("max_attempts defaults to three", "[retry-policy]") {
  driven_run run{chain({start(), retried("a")})};
  REQUIRE(run.begin());
  for (int n = 1; n < 3; ++n) {
    REQUIRE(break_at(run, "a"));
    REQUIRE(run.fire_timer());
  }
  REQUIRE(break_at(run, "a"));
  CHECK(run.status() == run_status::failed);
}

TEST_CASE("non-retryable errors fail at once", "[retry-policy]") {
  driven_run run{
      chain({start(), retried("a", {{"non_retryable", {"card_declined", "timed_out"}}})})};
  REQUIRE(run.begin());
  REQUIRE(break_at(run, "a"));
  REQUIRE(run.fire_timer());
  driven_run declined = run;
  REQUIRE(break_at(declined, "a", "card_declined"));
  CHECK(declined.status() == run_status::failed);
  REQUIRE(run.finish("a", error{errc::timed_out, "it took too long"}));
  CHECK(run.status() == run_status::failed);
}

TEST_CASE("jitter makes a wait longer or shorter at random", "[retry-policy]") {
  for (const auto& [random, wait] : {std::pair{0.0, 500ms}, {0.5, 1000ms}, {0.75, 1250ms}}) {
    driven_run run{chain({start(), task("a", {{"retry", {{"jitter", 0.5}}}})})};
    REQUIRE(run.begin());
    auto outcome = run.outcome_of(*run.call_of("a"), fail("busy", "try again"));
    outcome.random = random;
    REQUIRE(run.apply(std::move(outcome)));
    CHECK(slept(run) == wait);
  }
}

TEST_CASE("a function receives its time-outs and the deadline of all attempts", "[retry-policy]") {
  driven_run run{chain(
      {start(),
       retried("a", {{"initial_interval", "10s"}, {"max_attempts", 9}},
               {{"timeout", "20s"}, {"heartbeat_timeout", "5s"}, {"total_timeout", "25s"}})})};
  const auto began = run.now();
  REQUIRE(run.begin());
  const auto deadline = began + 25s;
  CHECK(run.call_of("a")->timeout == 20s);
  CHECK(run.call_of("a")->heartbeat == 5s);
  CHECK(run.call_of("a")->deadline == deadline);
  REQUIRE(break_at(run, "a"));
  REQUIRE(run.fire_timer());
  CHECK(run.call_of("a")->deadline == deadline);  // not from the second attempt on
  CHECK(survives_restart(run));
  REQUIRE(break_at(run, "a"));  // after 11 s: an attempt in 20 s would come too late
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->attempt == 2);
}

TEST_CASE("a task without a limit for all attempts has no deadline", "[retry-policy]") {
  driven_run run{chain({start(), retried("a")})};
  REQUIRE(run.begin());
  CHECK(run.call_of("a")->deadline == std::nullopt);
}

TEST_CASE("each visit of a step has its full number of attempts", "[retry-policy][loops]") {
  driven_run run{flow_of({start(), retried("a", {{"max_attempts", 2}}, {{"total_timeout", "1h"}})},
                         {edge("start", "a"), edge("a", "a", var("more"))})};
  REQUIRE(run.begin({{"more", true}}));
  REQUIRE(break_at(run, "a"));
  REQUIRE(run.fire_timer());
  const auto again = run.now();
  REQUIRE(run.finish("a"));
  CHECK(run.call_of("a")->visit == 2);
  CHECK(run.call_of("a")->deadline == again + 1h);
  REQUIRE(break_at(run, "a"));
  CHECK(run.status() == run_status::running);
}

TEST_CASE("retrying a failed run restores its full number of attempts", "[retry-policy][retry]") {
  driven_run run{chain({start(), retried("a", {{"max_attempts", 2}}, {{"total_timeout", "1h"}})})};
  REQUIRE(run.begin());
  REQUIRE(break_at(run, "a"));
  REQUIRE(run.fire_timer());
  REQUIRE(break_at(run, "a"));
  REQUIRE(run.status() == run_status::failed);
  run.advance_clock(24h);
  const auto retried_at = run.now();
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.call_of("a")->attempt == 3);
  CHECK(run.call_of("a")->deadline == retried_at + 1h);
  REQUIRE(break_at(run, "a"));
  CHECK(run.status() == run_status::running);
  CHECK(next_timer(run.state()).has_value());
}

TEST_CASE("a pause between two attempts keeps the rest of the wait", "[retry-policy][pause]") {
  driven_run run{
      chain({start(), retried("a", {{"initial_interval", "10s"}}, {{"total_timeout", "1m"}})})};
  const auto began = run.now();
  REQUIRE(run.begin());
  REQUIRE(break_at(run, "a"));
  run.advance_clock(4s);
  const auto left = *next_timer(run.state()) - run.now();
  const auto paused = run.now();
  REQUIRE(run.apply(pause_command{}));
  CHECK(run.status() == run_status::paused);
  CHECK(next_timer(run.state()) == std::nullopt);
  run.advance_clock(24h);
  const auto resumed = run.now();
  REQUIRE(run.apply(resume_command{}));
  CHECK(run.status() == run_status::running);
  CHECK(next_timer(run.state()) == resumed + left);
  REQUIRE(run.fire_timer());
  CHECK(run.call_of("a")->deadline == began + 1min + (resumed - paused));
}

TEST_CASE("the wait of a step that fails during a pause starts at the resumption",
          "[retry-policy][pause]") {
  driven_run run{chain({start(), retried("a", {{"initial_interval", "10s"}})})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(pause_command{}));
  run.advance_clock(1h);
  REQUIRE(break_at(run, "a"));
  CHECK(run.status() == run_status::paused);
  run.advance_clock(1h);
  const auto resumed = run.now();
  REQUIRE(run.apply(resume_command{}));
  CHECK(next_timer(run.state()) == resumed + 10s);
}

TEST_CASE("a branch between two attempts continues its wait after a retry",
          "[retry-policy][retry][fork]") {
  driven_run run{flow_of({start(), retried("a", {{"initial_interval", "10s"}}), task("b")},
                         {edge("start", "a"), edge("start", "b")})};
  REQUIRE(run.begin());
  REQUIRE(break_at(run, "a"));
  const auto left = *next_timer(run.state()) - run.now();
  REQUIRE(run.finish("b", fail("broken", "it broke")));
  CHECK(run.status() == run_status::failed);
  run.advance_clock(1h);
  const auto retried_at = run.now();
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.waiting_at() == lines{"b"});
  CHECK(next_timer(run.state()) == retried_at + left);
  REQUIRE(run.fire_timer());
  CHECK(run.call_of("a")->attempt == 2);
}

TEST_CASE("a run can be cancelled between two attempts", "[retry-policy][cancel]") {
  driven_run run{chain({start(), retried("a")})};
  REQUIRE(run.begin());
  REQUIRE(break_at(run, "a"));
  REQUIRE(run.apply(cancel_command{}));
  CHECK(run.status() == run_status::cancelled);
  CHECK_FALSE(run.apply(timer_command{}));
}

TEST_CASE("the outcome of an earlier attempt is refused", "[retry-policy]") {
  driven_run run{chain({start(), retried("a")})};
  REQUIRE(run.begin());
  const auto late = run.outcome_of(*run.call_of("a"), json{{"late", 1}});
  REQUIRE(break_at(run, "a"));
  CHECK_FALSE(run.apply(late));
  REQUIRE(run.fire_timer());
  CHECK_FALSE(run.apply(late));
}

TEST_CASE("each clause of a retry policy counts its own failures", "[retry-policy]") {
  driven_run run{chain({retried("a", {{"max_attempts", 2},
                                      {"initial_interval", "1s"},
                                      {"on",
                                       {{{"error", "busy"}, {"initial_interval", "5s"}},
                                        {{"error", "slow"}, {"max_attempts", 3}}}}})})};
  REQUIRE(run.begin());
  REQUIRE(break_at(run, "a", "busy"));
  CHECK(slept(run) == 5s);
  REQUIRE(run.fire_timer());
  REQUIRE(break_at(run, "a", "slow"));
  CHECK(slept(run) == 1s);
  CHECK(survives_restart(run));
  REQUIRE(run.fire_timer());
  REQUIRE(break_at(run, "a", "slow"));
  CHECK(slept(run) == 2s);
  REQUIRE(run.fire_timer());
  REQUIRE(break_at(run, "a", "busy"));
  CHECK(run.status() == run_status::failed);
  // A retry of the run begins to count again.
  REQUIRE(run.apply(retry_command{{}, ""}));
  REQUIRE(break_at(run, "a", "busy"));
  CHECK(slept(run) == 5s);
}

TEST_CASE("a step without a clause for its error is not retried", "[retry-policy]") {
  driven_run run{chain({retried("a", {{"on", {{{"error", "busy"}}}}})})};
  REQUIRE(run.begin());
  REQUIRE(break_at(run, "a", "broken"));
  CHECK(run.status() == run_status::failed);
}

TEST_CASE("an attempt waits as long as the response asks for", "[retry-policy]") {
  driven_run run{chain({retried("a", {{"initial_interval", "1s"}})})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", fail("http_status", "no", {{"status", 429}, {"retry_after", 120}})));
  CHECK(slept(run) == 120s);
}

TEST_CASE("rules compute the numbers of a retry policy when the step begins", "[retry-policy]") {
  driven_run run{chain({start(), task("a", {{"retry",
                                             {{"max_attempts", var("n")},
                                              {"initial_interval", {{"cat", {var("s"), "s"}}}},
                                              {"backoff", var("b")},
                                              {"max_interval", {{"*", {var("s"), 5}}}},
                                              {"jitter", var("j")}}}})})};
  REQUIRE(run.begin({{"n", 5}, {"s", 10}, {"b", 3}, {"j", 0}}));
  for (const auto wait : {10s, 30s, 50s, 50s}) {
    REQUIRE(break_at(run, "a"));
    CHECK(slept(run) == wait);
    CHECK(survives_restart(run));
    REQUIRE(run.fire_timer());
  }
  REQUIRE(break_at(run, "a"));
  REQUIRE(run.status() == run_status::failed);

  // The retry command begins anew.
  REQUIRE(run.apply(set_data_command{std::nullopt, "", {{"n", 2}, {"s", 1}}}));
  REQUIRE(run.apply(retry_command{}));
  REQUIRE(break_at(run, "a"));
  CHECK(slept(run) == 1s);
  REQUIRE(run.fire_timer());
  REQUIRE(break_at(run, "a"));
  CHECK(run.status() == run_status::failed);
}

TEST_CASE("a clause takes the computed numbers of its policy, or has its own", "[retry-policy]") {
  const json policy{
      {"initial_interval", var("s")},
      {"on",
       {{{"error", "busy"}},
        {{"error", "full"}, {"initial_interval", "7s"}},
        {{"error", "down"}, {"initial_interval", var("long")}, {"max_attempts", var("n")}}}}};
  const auto slept_after = [&](const char* type) {
    driven_run run{chain({start(), retried("a", policy)})};
    REQUIRE(run.begin({{"s", 100}, {"long", "2h"}, {"n", 2}}));
    REQUIRE(break_at(run, "a", type));
    return slept(run);
  };
  CHECK(slept_after("busy") == 100s);  // the default of max_interval is raised
  CHECK(slept_after("full") == 7s);
  CHECK(slept_after("down") == 2h);
}

TEST_CASE("a rule that returns no number of a retry policy fails the step", "[retry-policy]") {
  const std::pair<const char*, json> wrong[] = {{"max_attempts", 0},
                                                {"max_attempts", 1.5},
                                                {"max_attempts", "3"},
                                                {"max_attempts", 1e7},
                                                {"backoff", 0.5},
                                                {"jitter", 2},
                                                {"jitter", nullptr},
                                                {"max_interval", -1},
                                                {"initial_interval", "soon"},
                                                {"max_interval", json::array({1})}};
  for (const auto& [key, value] : wrong) {
    CAPTURE(key, value);
    driven_run run{chain({start(), task("a", {{"retry", {{key, var("x")}}}})})};
    REQUIRE(run.begin({{"x", value}}));
    CHECK(run.calls().empty());
    REQUIRE(run.status() == run_status::failed);
    REQUIRE(run.state().error);
    CHECK(run.state().error->type == "invalid_argument");
    CHECK(mentions(run.state().error->message, pawl::quoted(key) + " of \"retry\" must be a "));
  }
}

TEST_CASE("the rules of a retry policy are checked", "[retry-policy][validation]") {
  const std::string at = "/nodes/1/data/retry";
  CHECK(errors_of_retry({{"max_attempts", {{"a", 1}, {"b", 2}}}}) ==
        lines{at + "/max_attempts not_a_rule"});
  CHECK(errors_of_retry({{"on", {{{"backoff", {{"wat", 1}}}}}}}) ==
        lines{at + "/on/0/backoff/wat unknown_operator"});
  json flow = chain({start(), task("a", {{"retry", {{"backoff", {{"steps", {2}}}}}}})});
  flow["definitions"] = {{"steps", {{"params", {"n"}}, {"rule", {{"+", {var("n"), 1}}}}}}};
  CHECK(errors_of(flow) == lines{});
  const json undo{{"code_ref", "undo"}, {"retry", {{"max_attempts", {{"wat", 1}}}}}};
  CHECK(errors_of(chain({start(), task("a", {{"compensate", undo}})})) ==
        lines{"/nodes/1/data/compensate/retry/max_attempts/wat unknown_operator"});
}

TEST_CASE("a variable of a retry policy that nothing writes is a warning", "[retry-policy]") {
  json flow = chain({start(), task("a", {{"retry", {{"on", {{{"backoff", var("lmit")}}}}}}})});
  flow["input_schema"] = {{"type", "object"},
                          {"properties", {{"limit", {{"type", "number"}}}}},
                          {"additionalProperties", false}};
  CHECK(warnings_of(flow) == lines{"/nodes/1/data/retry/on/0/backoff never_written"});
}

TEST_CASE("a clause of a retry policy that is never reached causes a warning", "[retry-policy]") {
  const auto warned = [](json clauses) {
    return warnings_of(chain({start(), task("a", {{"retry", {{"on", std::move(clauses)}}}})}));
  };
  const std::string at = "/nodes/1/data/retry/on/";
  const json all = json::object(), busy{{"error", "busy"}}, both{{"error", {"busy", "full"}}};
  const json server{{"status", "5xx"}}, unavailable{{"status", {503, 504}}};
  const json busy_server{{"error", "busy"}, {"status", 503}};
  CHECK(warned({busy, all}) == lines{});
  CHECK(warned({all, busy}) == lines{at + "1 dead_clause"});
  CHECK(warned({all, busy, server}) == lines{at + "1 dead_clause", at + "2 dead_clause"});
  CHECK(warned({both, busy}) == lines{at + "1 dead_clause"});
  CHECK(warned({busy, both}) == lines{});
  CHECK(warned({server, unavailable}) == lines{at + "1 dead_clause"});
  CHECK(warned({unavailable, server}) == lines{});
  CHECK(warned({server, busy_server}) == lines{at + "1 dead_clause"});
  CHECK(warned({busy_server, server, busy}) == lines{});
}
