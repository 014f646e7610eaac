#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

driven_run run_with_two_branches() {
  driven_run run{flow_of(
      {start(), task("a"), task("b"), task("after_a"), task("after_b")},
      {edge("start", "a"), edge("start", "b"), edge("a", "after_a"), edge("b", "after_b")})};
  REQUIRE(run.begin());
  return run;
}

}  // namespace

TEST_CASE("a pause lets the current step finish and starts no other", "[pause]") {
  driven_run run{chain({start(), task("a"), task("b"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(pause_command{std::nullopt, "a look"}));
  CHECK(run.status() == run_status::running);
  CHECK(run.state().pausing());
  CHECK(run.last().effects.empty());
  REQUIRE(run.finish("a", json{{"x", 1}}));
  CHECK(run.status() == run_status::paused);
  CHECK_FALSE(run.state().pausing());
  CHECK(run.calls().empty());
  CHECK(run.data() == json{{"x", 1}});
  CHECK(run.story("run_") == lines{"run_created", "run_pausing", "run_paused"});

  REQUIRE(run.apply(resume_command{}));
  CHECK(run.status() == run_status::running);
  CHECK(run.waiting_at() == lines{"b"});
  REQUIRE(run.finish("b"));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a run is paused when the last of its steps has finished", "[pause]") {
  auto run = run_with_two_branches();
  REQUIRE(run.apply(pause_command{}));
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::running);
  CHECK(run.waiting_at() == lines{"b"});
  REQUIRE(run.finish("b"));
  CHECK(run.status() == run_status::paused);
  REQUIRE(run.apply(resume_command{}));
  CHECK(run.waiting_at() == lines{"after_a", "after_b"});
}

TEST_CASE("a resume of a pausing run undoes the pause", "[pause]") {
  auto run = run_with_two_branches();
  REQUIRE(run.apply(pause_command{}));
  REQUIRE(run.finish("a"));
  REQUIRE(run.apply(resume_command{}));
  CHECK_FALSE(run.state().pausing());
  CHECK(run.status() == run_status::running);
  CHECK(run.waiting_at() == lines{"after_a", "b"});
}

TEST_CASE("a second pause, and a resume of a run that is not paused, are refused", "[pause]") {
  auto run = run_with_two_branches();
  const auto not_paused = run.apply(resume_command{});
  REQUIRE_FALSE(not_paused);
  CHECK(not_paused.error().code == errc::illegal_transition);
  REQUIRE(run.apply(pause_command{}));
  const auto again = run.apply(pause_command{});
  REQUIRE_FALSE(again);
  CHECK(again.error().message ==
        "cannot pause run r1: it is pausing. Allowed: resume, signal, cancel, terminate");
}

TEST_CASE("a step that fails while its run is pausing fails the run", "[pause]") {
  auto run = run_with_two_branches();
  REQUIRE(run.apply(pause_command{}));
  REQUIRE(run.finish("a", fail("broken", "it broke")));
  CHECK(run.status() == run_status::failed);
  CHECK_FALSE(run.state().pausing());
}

TEST_CASE("a pausing run whose last step returns is completed", "[pause]") {
  driven_run run{chain({start(), task("a")})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(pause_command{}));
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a run that is created paused starts when it is resumed", "[pause]") {
  driven_run run{chain({start(), task("a")})};
  start_command held;
  held.key = {default_scope(), run_id{"r1"}};
  held.flow = run.flow().id();
  held.paused = true;
  REQUIRE(run.apply(std::move(held)));
  CHECK(run.status() == run_status::paused);
  CHECK_FALSE(run.state().started_at);
  CHECK(run.calls().empty());
  CHECK(run.story("run_") == lines{"run_created", "run_paused"});
  run.restart_from(run.state());
  CHECK(run.calls().empty());

  REQUIRE(run.apply(resume_command{}));
  CHECK(run.status() == run_status::running);
  CHECK(run.state().started_at == run.state().updated_at);
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a run that is created paused can be cancelled", "[pause]") {
  driven_run run{chain({start(), task("a")})};
  start_command held;
  held.key = {default_scope(), run_id{"r1"}};
  held.flow = run.flow().id();
  held.paused = true;
  REQUIRE(run.apply(std::move(held)));
  REQUIRE(run.apply(cancel_command{}));
  CHECK(run.status() == run_status::cancelled);
  CHECK_FALSE(run.state().started_at);
}

TEST_CASE("a run in a loop without waits is paused at once", "[pause]") {
  driven_run run{flow_of(
      {start(), condition("round", true), end("way_out")},
      {edge("start", "round"), edge("round", "round", true), edge("round", "way_out", false)})};
  REQUIRE(run.begin());
  REQUIRE(run.advance_due());
  REQUIRE(run.apply(pause_command{}));
  CHECK(run.status() == run_status::paused);
  const auto refused = run.apply(advance_command{});  // the one that was due
  CHECK_FALSE(refused);
  REQUIRE(run.apply(resume_command{}));
  CHECK(run.status() == run_status::running);
  CHECK(run.advance_due());
}

TEST_CASE("a pausing and a paused run can be cancelled", "[pause]") {
  auto pausing = run_with_two_branches();
  REQUIRE(pausing.apply(pause_command{}));
  REQUIRE(pausing.apply(cancel_command{}));
  CHECK(pausing.status() == run_status::cancelled);
  CHECK_FALSE(pausing.state().pausing());
  CHECK(pausing.last().effects.size() == 2);  // both functions are cancelled

  auto paused = run_with_two_branches();
  REQUIRE(paused.apply(pause_command{}));
  REQUIRE(paused.finish("a"));
  REQUIRE(paused.finish("b"));
  REQUIRE(paused.apply(cancel_command{}));
  CHECK(paused.status() == run_status::cancelled);
  CHECK(paused.last().effects.empty());
}

TEST_CASE("after a crash, a pausing run repeats its calls and is then paused", "[pause]") {
  auto run = run_with_two_branches();
  REQUIRE(run.apply(pause_command{}));
  REQUIRE(run.finish("a"));
  run.restart_from(run.state());
  CHECK_FALSE(run.advance_due());
  REQUIRE(run.call_of("b") != nullptr);
  REQUIRE(run.finish("b"));
  CHECK(run.status() == run_status::paused);
  run.restart_from(run.state());
  CHECK(run.calls().empty());
}
