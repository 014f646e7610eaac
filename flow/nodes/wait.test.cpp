#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;
using namespace std::chrono_literals;

json waiting(std::string id, json data) {
  return node_of(std::move(id), "wait", std::move(data));
}

lines errors_of_wait(json data) {
  return errors_of(chain({start(), waiting("w", std::move(data))}));
}

/// Returns the error of a run with a wait for `value`.
run_error error_of_wait(const char* key, const json& value) {
  driven_run run{chain({start(), waiting("w", {{key, var("x")}}), end()})};
  REQUIRE(run.begin({{"x", value}}));
  REQUIRE(run.status() == run_status::failed);
  return *run.state().error;
}

}  // namespace

TEST_CASE("the data of a wait is checked", "[wait][validation]") {
  const std::string at = "/nodes/1/data/";
  CHECK(errors_of_wait(json::object()) == lines{at + "duration contradiction"});
  CHECK(errors_of_wait({{"duration", "1s"}, {"until", 0}}) == lines{at + "duration contradiction"});
  for (const json& bad : {json("soon"), json(""), json("-5s"), json(-1), json(1e12), json("40000d"),
                          json(true), json::array({1})})
    CHECK(errors_of_wait({{"duration", bad}}) == lines{at + "duration bad_duration"});
  for (const json& bad : {json("tomorrow"), json("2026-02-30T00:00:00Z"), json("2026-01-31"),
                          json(-1), json(1e15), json(true), json::array()})
    CHECK(errors_of_wait({{"until", bad}}) == lines{at + "until bad_timestamp"});
  CHECK(errors_of_wait({{"duration", {{"wat", 1}}}}) ==
        lines{at + "duration/wat unknown_operator"});
  CHECK(errors_of_wait({{"until", {{"wat", 1}}}}) == lines{at + "until/wat unknown_operator"});
  for (const json& good :
       {json("250ms"), json("1.5m"), json("36500d"), json(2.5), json(0), json{{"var", "x"}}})
    CHECK(errors_of_wait({{"duration", good}}) == lines{});
  for (const json& good : {json("2026-01-31T09:30:00Z"), json("2026-01-31T10:30:00.5+01:00"),
                           json(1'769'851'800), json{{"var", "x"}}})
    CHECK(errors_of_wait({{"until", good}}) == lines{});
  CHECK(errors_of_wait({{"duration", "1s"}, {"until", nullptr}}) == lines{});
}

TEST_CASE("a run sleeps for the duration of a wait without an actor", "[wait]") {
  driven_run run{chain({start(), waiting("w", {{"duration", "10s"}}), task("a"), end()})};
  const auto began = run.now();
  REQUIRE(run.begin());
  CHECK(run.status() == run_status::running);
  CHECK(is_parked(run.state()));
  CHECK(run.last().effects.empty());
  CHECK(next_timer(run.state()) == began + 10s);
  CHECK(survives_restart(run));

  const run_state before = run.state();
  const auto early = run.apply(timer_command{});
  REQUIRE_FALSE(early);
  CHECK(early.error().code == errc::conflict);
  CHECK(run.state() == before);

  REQUIRE(run.fire_timer());
  CHECK(run.waiting_at() == lines{"a"});
  CHECK(next_timer(run.state()) == std::nullopt);
  CHECK(run.story() == lines{"run_created", "step_started w 1.1", "wait_began w 1.1",
                             "timer_fired w 1.1", "step_finished w 1.1", "step_started a 1.1"});
}

TEST_CASE("a duration may be a number of seconds or computed", "[wait]") {
  for (const json& length : {json(2.5), json("2.5s"), json(var("x"))}) {
    driven_run run{chain({start(), waiting("w", {{"duration", length}}), end()})};
    const auto began = run.now();
    REQUIRE(run.begin({{"x", "2500ms"}}));
    CHECK(next_timer(run.state()) == began + 2500ms);
    REQUIRE(run.fire_timer());
    CHECK(run.status() == run_status::completed);
  }
}

TEST_CASE("a wait of zero ends with the next tick of the clock", "[wait]") {
  driven_run run{chain({start(), waiting("w", {{"duration", 0}}), end()})};
  REQUIRE(run.begin());
  CHECK(next_timer(run.state()) <= run.now());
  REQUIRE(run.apply(timer_command{}));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("an invalid computed duration or time fails the step", "[wait]") {
  for (const json& bad : {json("soon"), json(-1), json(1e300), json(nullptr), json::object()}) {
    const auto error = error_of_wait("duration", bad);
    CHECK(error.type == "invalid_argument");
    CHECK(error.node == "w");
    CHECK(mentions(error.message, "\"duration\" is " + bad.dump()));
    CHECK(mentions(error.message, "\"30s\""));
    CHECK(mentions(error_of_wait("until", bad).message, "\"until\" is " + bad.dump()));
  }
}

TEST_CASE("a failed wait can be retried with corrected data", "[wait][retry]") {
  driven_run run{chain({start(), waiting("w", {{"duration", var("x")}}), end()})};
  REQUIRE(run.begin({{"x", "soon"}}));
  REQUIRE(run.apply(set_data_command{std::nullopt, "", {{"x", "1s"}}}));
  REQUIRE(run.apply(retry_command{}));
  CHECK(is_parked(run.state()));
  REQUIRE(run.fire_timer());
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a wait until a time sleeps until then", "[wait]") {
  const json time = "2023-11-15T00:00:00Z";
  for (const json& until : {time, json(1'700'006'400), json(var("x"))}) {
    driven_run run{chain({start(), waiting("w", {{"until", until}}), end()})};
    REQUIRE(run.begin({{"x", time}}));
    CHECK(next_timer(run.state()) == from_unix_us(1'700'006'400'000'000));
    REQUIRE(run.fire_timer());
    CHECK(run.status() == run_status::completed);
  }
}

TEST_CASE("a wait until a past time ends at once", "[wait]") {
  driven_run run{chain({start(), waiting("w", {{"until", "2001-01-01T00:00:00Z"}}), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(timer_command{}));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("the time of a pause does not count towards a duration", "[wait][pause]") {
  driven_run run{chain({start(), waiting("w", {{"duration", "10s"}}), end()})};
  REQUIRE(run.begin());
  run.advance_clock(3s);
  const auto left = *next_timer(run.state()) - run.now();
  REQUIRE(run.apply(pause_command{}));
  CHECK(run.status() == run_status::paused);
  CHECK(next_timer(run.state()) == std::nullopt);
  CHECK(survives_restart(run));
  run.advance_clock(24h);
  const auto refused = run.apply(timer_command{});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::conflict);
  const auto resumed = run.now();
  REQUIRE(run.apply(resume_command{}));
  CHECK(next_timer(run.state()) == resumed + left);
  REQUIRE(run.fire_timer());
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a pause does not postpone a wait until a time", "[wait][pause]") {
  driven_run run{chain({start(), waiting("w", {{"until", "2023-11-15T00:00:00Z"}}), end()})};
  REQUIRE(run.begin());
  const auto due = next_timer(run.state());
  REQUIRE(run.apply(pause_command{}));
  run.advance_clock(24h);
  REQUIRE(run.apply(resume_command{}));
  CHECK(next_timer(run.state()) == due);
  REQUIRE(run.apply(timer_command{}));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a sleeping branch keeps the rest of its wait when the run fails", "[wait][retry]") {
  driven_run run{flow_of({start(), waiting("w", {{"duration", "10s"}}), task("a")},
                         {edge("start", "w"), edge("start", "a")})};
  REQUIRE(run.begin());
  const auto left = *next_timer(run.state()) - run.now();
  REQUIRE(run.finish("a", fail("broken", "it broke")));
  CHECK(next_timer(run.state()) == std::nullopt);
  CHECK_FALSE(run.apply(timer_command{}));
  run.advance_clock(1h);
  const auto retried = run.now();
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.waiting_at() == lines{"a"});
  CHECK(next_timer(run.state()) == retried + left);
  CHECK(run.story("step_started w").size() == 1);
  REQUIRE(run.finish("a"));
  REQUIRE(run.fire_timer());
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("each branch waits for its own time; due timers fire together", "[wait]") {
  driven_run run{flow_of({start(), waiting("w", {{"duration", "10s"}}),
                          waiting("v", {{"duration", "20s"}}), waiting("u", {{"duration", "20s"}})},
                         {edge("start", "w"), edge("start", "v"), edge("start", "u")})};
  REQUIRE(run.begin());
  REQUIRE(run.fire_timer());
  CHECK(run.story("timer_fired") == lines{"timer_fired w 1.1"});
  REQUIRE(run.fire_timer());
  CHECK(run.story("timer_fired").size() == 3);
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a cancelled run has no timer", "[wait][cancel]") {
  driven_run run{chain({start(), waiting("w", {{"duration", "10s"}}), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(cancel_command{}));
  CHECK(next_timer(run.state()) == std::nullopt);
  CHECK(broken_invariant(run.state()) == "");
}

TEST_CASE("a duration takes as long as it says when the clock is set back", "[wait]") {
  const json retried = task("t", {{"retry", {{"initial_interval", "10s"}, {"jitter", 0}}}});
  for (const json& each :
       {waiting("w", {{"duration", "10s"}}), retried,
        json{{"id", "s"}, {"type", "signal"}, {"data", {{"name", "go"}, {"timeout", "10s"}}}}}) {
    CAPTURE(each.dump());
    driven_run run{chain({start(), each, end()})};
    REQUIRE(run.begin());
    if (each == retried) REQUIRE(run.finish("t", fail("busy", "try again")));
    run.set_clock_back(1h);
    CHECK_FALSE(run.apply(timer_command{}));
    run.advance_clock(5s);
    REQUIRE(run.apply(pause_command{}));
    run.set_clock_back(1h);
    run.advance_clock(24h);
    REQUIRE(run.apply(resume_command{}));
    CHECK_FALSE(run.apply(timer_command{}));
    run.advance_clock(5s);
    CHECK(run.apply(timer_command{}));
  }
}

TEST_CASE("a wait until a time follows the clock when it is set back", "[wait]") {
  driven_run run{flow_of({start(), waiting("w", {{"until", "2023-11-15T00:00:00Z"}}),
                          waiting("d", {{"duration", "12h"}})},
                         {edge("start", "w"), edge("start", "d")})};
  REQUIRE(run.begin());
  run.set_clock_back(2h);
  run.advance_clock(2h);  // what the time was before
  CHECK_FALSE(run.apply(timer_command{}));
  run.advance_clock(2h);
  REQUIRE(run.apply(timer_command{}));
  CHECK(run.story("step_finished").size() == 1);
  run.advance_clock(8h);
  REQUIRE(run.apply(timer_command{}));
  CHECK(run.status() == run_status::completed);
}
