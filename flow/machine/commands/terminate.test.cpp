#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

TEST_CASE("terminate ends a run at once and compensates nothing", "[commands][terminate]") {
  driven_run run{chain({start(), task("a", {{"compensate", {{"code_ref", "undo"}}}}), task("b")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  const auto late = run.outcome_of(*run.call_of("b"), json::object());
  REQUIRE(run.apply(terminate_command{std::nullopt, "the account is closed"}));
  CHECK(run.status() == run_status::cancelled);
  CHECK(run.calls().empty());
  CHECK(run.events().back().kind == event_kind::run_cancelled);
  CHECK(run.events().back().detail ==
        json{{"terminated", true}, {"reason", "the account is closed"}});
  CHECK_FALSE(run.apply(late));
  CHECK_FALSE(run.apply(terminate_command{}));
}

TEST_CASE("terminate ends a run that compensates and cannot finish", "[commands][terminate]") {
  driven_run run{chain({start(), task("a", {{"compensate", {{"code_ref", "undo"}}}}), task("b")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.apply(cancel_command{}));
  REQUIRE(run.finish("b", error{errc::cancelled, "stopped"}));
  REQUIRE(run.call_of("a") != nullptr);
  CHECK_FALSE(run.apply(cancel_command{}));
  REQUIRE(run.apply(terminate_command{}));
  CHECK(run.status() == run_status::cancelled);
  CHECK_FALSE(run.state().compensating.has_value());
  CHECK(run.calls().empty());
}

TEST_CASE("terminate ends child runs at once, too", "[commands][terminate][subflow]") {
  driven_run run{chain({start(), node_of("s", "subflow", {{"flow", "child"}}), end()})};
  REQUIRE(run.begin());
  const invoke_effect call = *run.call_of("s");
  REQUIRE(run.apply(child_started_command{call.token, call.child->id}));
  REQUIRE(run.apply(terminate_command{}));
  const abandoned_child ended{call.child->id, child_fate::terminate, 1};
  CHECK(run.last().change.children_abandoned == std::vector{ended});
}
