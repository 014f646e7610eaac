#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

TEST_CASE("a quarantined run has failed with the reason, and a retry resumes it", "[quarantine]") {
  driven_run run{chain({start(), task("a"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(quarantine_command{"its actor crashed five times"}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error ==
        run_error{"engine.quarantined", "its actor crashed five times", "", 0});
  CHECK(run.calls().empty());

  REQUIRE(run.apply(retry_command{}));
  CHECK(run.status() == run_status::running);
  REQUIRE(run.call_of("a") != nullptr);
  CHECK(run.call_of("a")->attempt == 2);
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a run that was quarantined in a loop resumes there", "[quarantine]") {
  driven_run run{flow_of(
      {start(), condition("round", true), end("way_out")},
      {edge("start", "round"), edge("round", "round", true), edge("round", "way_out", false)})};
  REQUIRE(run.begin());
  const auto visits = run.state().visits.at(1);
  REQUIRE(run.apply(quarantine_command{"crashed"}));
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.status() == run_status::running);
  CHECK(run.state().visits.at(1) > visits);
}
