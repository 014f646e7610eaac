#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

std::string key_of(const driven_run& run, const invoke_effect& call) {
  return idempotency_key(run.state().key, call.node, call.visit);
}

}  // namespace

TEST_CASE("retry repeats the failed step: same visit and idempotency key, next attempt",
          "[retry]") {
  driven_run run{chain({start(), task("a"), task("b"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"from_a", 1}}));
  const std::string key = key_of(run, *run.call_of("b"));
  REQUIRE(run.finish("b", fail("busy", "try again")));
  REQUIRE(run.status() == run_status::failed);

  REQUIRE(run.apply(retry_command{std::nullopt, "the bank is back"}));
  CHECK(run.status() == run_status::running);
  REQUIRE(run.call_of("b") != nullptr);
  CHECK(run.call_of("b")->visit == 1);
  CHECK(run.call_of("b")->attempt == 2);
  CHECK(key_of(run, *run.call_of("b")) == key);
  CHECK(run.call_of("b")->state.whole() == json{{"from_a", 1}});
  CHECK(run.state().visits == std::vector<std::uint32_t>{1, 1, 1});
  CHECK(run.last().change.events.front().detail == json{{"reason", "the bank is back"}});

  REQUIRE(run.finish("b", json{{"from_b", 2}}));
  CHECK(run.status() == run_status::completed);
  CHECK(run.data() == json{{"from_a", 1}, {"from_b", 2}});
  CHECK(run.story("step_started") ==
        std::vector<std::string>{"step_started a 1.1", "step_started b 1.1", "step_started b 1.2"});
}

TEST_CASE("retry clears the error and the end time", "[retry]") {
  driven_run run{chain({start(), task("a"), end()})};
  REQUIRE(run.begin());
  const auto started = run.state().started_at;
  REQUIRE(run.finish("a", fail("busy", "try again")));
  REQUIRE(run.state().error.has_value());
  REQUIRE(run.state().finished_at.has_value());
  REQUIRE(run.apply(retry_command{}));
  CHECK_FALSE(run.state().error.has_value());
  CHECK_FALSE(run.state().finished_at.has_value());
  CHECK(run.state().started_at == started);
}

TEST_CASE("retry can be used as often as the step fails", "[retry]") {
  driven_run run{chain({start(), task("a"), end()})};
  REQUIRE(run.begin());
  for (std::uint32_t attempt = 1; attempt <= 5; ++attempt) {
    REQUIRE(run.call_of("a")->attempt == attempt);
    REQUIRE(run.finish("a", fail("busy", "try again")));
    CHECK(run.state().error->attempt == attempt);
    REQUIRE(run.apply(retry_command{}));
  }
  CHECK(run.call_of("a")->visit == 1);
}

TEST_CASE("the outcome of an attempt from before a retry is refused", "[retry]") {
  driven_run run{
      flow_of({start(), task("a"), task("b")}, {edge("start", "a"), edge("start", "b")})};
  REQUIRE(run.begin());
  const auto late = run.outcome_of(*run.call_of("b"), json{{"late", 1}});
  REQUIRE(run.finish("a", fail("busy", "try again")));
  REQUIRE(run.apply(retry_command{}));
  const auto refused = run.apply(late);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::conflict);
}

TEST_CASE("retry repeats a failed condition on the same visit", "[retry]") {
  driven_run run{chain({start(), condition("c", {{"*", json::array()}}), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.status() == run_status::failed);
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->attempt == 2);
  CHECK(run.state().visits == std::vector<std::uint32_t>{1, 1});
}
