#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

TEST_CASE("cancel ends a running run and its calls", "[cancel]") {
  driven_run run{
      flow_of({start(), task("a"), task("b")}, {edge("start", "a"), edge("start", "b")})};
  REQUIRE(run.begin({{"x", 1}}));
  const auto at = run.now();
  REQUIRE(run.apply(cancel_command{std::nullopt, "the customer called"}));
  CHECK(run.status() == run_status::cancelled);
  CHECK(run.calls().empty());
  REQUIRE(run.last().effects.size() == 2);
  CHECK(std::get<abandon_effect>(run.last().effects[0]).token == 2);
  CHECK(std::get<abandon_effect>(run.last().effects[1]).token == 3);
  CHECK(run.state().finished_at == at);
  CHECK_FALSE(run.state().error.has_value());
  CHECK(run.data() == json{{"x", 1}});
  CHECK(run.events().back().kind == event_kind::run_cancelled);
  CHECK(run.events().back().detail == json{{"reason", "the customer called"}});
}

TEST_CASE("cancel without a reason records no reason", "[cancel]") {
  driven_run run{chain({start(), task("a")})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(cancel_command{}));
  CHECK(run.events().back().detail.is_null());
}

TEST_CASE("the outcome of a step that was cancelled is not recorded", "[cancel]") {
  driven_run run{chain({start(), task("a"), end()})};
  REQUIRE(run.begin());
  const auto outcome = run.outcome_of(*run.call_of("a"), json{{"late", 1}});
  REQUIRE(run.apply(cancel_command{}));
  const auto refused = run.apply(outcome);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::conflict);
  CHECK(run.data() == json::object());
}

TEST_CASE("a cancelled run still shows where it was", "[cancel]") {
  driven_run run{chain({start(), task("a"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(cancel_command{}));
  REQUIRE(run.state().tokens.size() == 1);
  CHECK(run.flow().at(run.state().tokens[0].node).id == "a");
}
