#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

/// A task that repeats while `n` in the data is less than `var("most")`.
json counting_loop(json task_data = json::object()) {
  return flow_of({start(), task("count", std::move(task_data)), end()},
                 {edge("start", "count"),
                  edge("count", "count", {{"<", json::array({var("n"), var("most")})}}),
                  edge("count", "end")});
}

/// A condition in an endless loop. Its other edge is never followed.
json endless_loop(json condition_data = json::object()) {
  return flow_of(
      {start(), condition("round", true, std::move(condition_data)), end("way_out")},
      {edge("start", "round"), edge("round", "round", true), edge("round", "way_out", false)});
}

}  // namespace

TEST_CASE("a loop repeats until its rule is false", "[loops]") {
  driven_run run{counting_loop()};
  REQUIRE(run.begin({{"most", 3}}));
  for (int n = 1; n <= 3; ++n) {
    REQUIRE(run.call_of("count")->visit == static_cast<std::uint32_t>(n));
    CHECK(run.call_of("count")->attempt == 1);
    REQUIRE(run.finish("count", json{{"n", n}}));
  }
  CHECK(run.status() == run_status::completed);
  CHECK(run.state().visits == std::vector<std::uint32_t>{1, 3, 1});
}

TEST_CASE("a run fails when a node exceeds the default visit limit", "[loops][limits]") {
  limits allowed;
  allowed.max_visits = 4;
  driven_run run{counting_loop(), allowed};
  REQUIRE(run.begin({{"most", 100}}));
  for (int n = 1; n <= 4; ++n) REQUIRE(run.finish("count", json{{"n", n}}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "visit_limit");
  CHECK(run.state().error->node == "count");
  CHECK(run.state().error->message ==
        "node \"count\" was visited 4 times, which is its maximum; raise its \"max_visits\" if the "
        "loop is intended");
  CHECK(run.data()["n"] == 4);
}

TEST_CASE("a node's own max_visits overrides the default", "[loops][limits]") {
  limits allowed;
  allowed.max_visits = 2;
  driven_run run{counting_loop({{"max_visits", 5}}), allowed};
  REQUIRE(run.begin({{"most", 5}}));
  for (int n = 1; n <= 5; ++n) REQUIRE(run.finish("count", json{{"n", n}}));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a retry after a visit limit does not repeat the step", "[loops][limits]") {
  driven_run run{counting_loop({{"max_visits", 1}})};
  REQUIRE(run.begin({{"most", 100}}));
  REQUIRE(run.finish("count", json{{"n", 1}}));
  REQUIRE(run.status() == run_status::failed);
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "visit_limit");
  CHECK(run.story("step_started") == lines{"step_started count 1.1"});
}

TEST_CASE("a loop without waits is split into transitions of bounded size", "[loops][limits]") {
  driven_run run{endless_loop()};
  REQUIRE(run.begin());
  CHECK(run.status() == run_status::running);
  CHECK(run.advance_due());
  CHECK(run.last().effects.size() == 1);
  const auto entered = run.state().visits.at(1);
  CHECK(entered > 100);
  CHECK(entered < 1000);
  REQUIRE(run.apply(advance_command{}));
  CHECK(run.state().visits.at(1) <= 2 * entered + 1);
  CHECK(run.last().change.events.size() <= 2 * 256);
}

TEST_CASE("a loop without waits ends at the visit limit", "[loops][limits]") {
  driven_run run{endless_loop()};
  REQUIRE(run.begin());
  const int transitions = 1 + run.settle(100);
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "visit_limit");
  CHECK(run.state().visits.at(1) == 1000);
  CHECK(transitions >= 4);
  CHECK(transitions <= 5);
}

TEST_CASE("an endless loop can be cancelled between two transitions", "[loops]") {
  driven_run run{endless_loop({{"max_visits", 1'000'000}})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(cancel_command{}));
  CHECK(run.status() == run_status::cancelled);
  CHECK_FALSE(run.apply(advance_command{}));
}

TEST_CASE("a run resumes in the middle of a loop after a crash", "[loops][recover]") {
  driven_run run{endless_loop()};
  REQUIRE(run.begin());
  const auto due = recover(run.flow(), run.state());
  REQUIRE(due.effects.size() == 1);
  CHECK(std::holds_alternative<advance_effect>(due.effects[0]));
}

TEST_CASE("the outcome of a step beside an endless loop is processed at once", "[loops][fork]") {
  driven_run run{flow_of({start(), task("a"), condition("round", true), task("b"), end("way_out")},
                         {edge("start", "a"), edge("start", "round"), edge("round", "round", true),
                          edge("round", "way_out", false), edge("a", "b")})};
  REQUIRE(run.begin());
  REQUIRE(run.advance_due());
  REQUIRE(run.finish("a"));
  CHECK(run.waiting_at() == lines{"b"});
  CHECK(run.advance_due());
}
