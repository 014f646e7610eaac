// Branches: how a run forks, what each branch sees, and how they are merged.

#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

json two_branches() {
  return flow_of({start(), task("a"), task("b"), end()},
                 {edge("start", "a"), edge("start", "b"), edge("a", "end"), edge("b", "end")});
}

/// start forks to x and b; x forks to y and z.
json nested() {
  return flow_of({start(), task("x"), task("b"), task("y"), task("z")},
                 {edge("start", "x"), edge("start", "b"), edge("x", "y"), edge("x", "z")});
}

}  // namespace

TEST_CASE("several plain edges fork the run in the order written", "[fork]") {
  driven_run run{two_branches()};
  REQUIRE(run.begin());
  CHECK(run.waiting_at() == lines{"a", "b"});
  REQUIRE(run.state().tokens.size() == 2);
  CHECK(run.state().tokens[0].branch == std::vector<std::uint32_t>{0});
  CHECK(run.state().tokens[1].branch == std::vector<std::uint32_t>{1});
}

TEST_CASE("branches are merged when the last has ended", "[fork][merge]") {
  for (const bool a_first : {true, false}) {
    driven_run run{two_branches()};
    REQUIRE(run.begin({{"in", 1}}));
    REQUIRE(run.finish(a_first ? "a" : "b", json{{a_first ? "from_a" : "from_b", 1}}));
    CHECK(run.status() == run_status::running);
    CHECK(run.data() == json{{"in", 1}});  // the writes of a branch are its own until the merge
    REQUIRE(run.finish(a_first ? "b" : "a", json{{a_first ? "from_b" : "from_a", 1}}));
    CHECK(run.status() == run_status::completed);
    CHECK(run.data() == json{{"in", 1}, {"from_a", 1}, {"from_b", 1}});
    CHECK(run.story("branches_merged").size() == 1);
  }
}

TEST_CASE("a branch sees its own writes and not those of its siblings", "[fork]") {
  driven_run run{
      flow_of({start(), task("a"), task("a2"), task("b"), task("b2")},
              {edge("start", "a"), edge("start", "b"), edge("a", "a2"), edge("b", "b2")})};
  REQUIRE(run.begin({{"k", 0}, {"in", 1}}));
  REQUIRE(run.finish("a", json{{"k", 1}}));
  REQUIRE(run.finish("b", json{{"other", 2}}));
  CHECK(run.call_of("a2")->state.whole() == json{{"in", 1}, {"k", 1}});
  CHECK(run.call_of("b2")->state.whole() == json{{"in", 1}, {"k", 0}, {"other", 2}});
}

TEST_CASE("rules in a branch see the writes of the branch", "[fork][edges]") {
  driven_run run{flow_of({start(), task("a"), task("b"), task("yes"), task("no")},
                         {edge("start", "a"), edge("start", "b"), edge("a", "yes", var("k")),
                          edge("a", "no"), edge("b", "yes", var("k")), edge("b", "no")})};
  REQUIRE(run.begin({{"k", false}}));
  REQUIRE(run.finish("a", json{{"k", true}}));
  REQUIRE(run.finish("b"));
  CHECK(run.waiting_at() == lines{"yes", "no"});
}

TEST_CASE("branches that write the same value to a key are merged", "[fork][merge]") {
  driven_run run{two_branches()};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"k", {1, 2}}}));
  REQUIRE(run.finish("b", json{{"k", {1, 2}}}));
  CHECK(run.status() == run_status::completed);
  CHECK(run.data() == json{{"k", {1, 2}}});
}

TEST_CASE("branches that write different values to a key fail the run", "[fork][merge]") {
  driven_run run{two_branches()};
  REQUIRE(run.begin({{"in", 1}}));
  REQUIRE(run.finish("a", json{{"k", 1}}));
  REQUIRE(run.finish("b", json{{"k", 2}}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "merge_conflict");
  CHECK(mentions(run.state().error->message, "wrote different values to \"k\""));
  CHECK(run.data() == json{{"in", 1}});
}

TEST_CASE("a retry of a merge conflict repeats no step and conflicts again", "[fork][merge]") {
  driven_run run{two_branches()};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"k", 1}}));
  REQUIRE(run.finish("b", json{{"k", 2}}));
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "merge_conflict");
  CHECK(run.calls().empty());
  CHECK(run.story("step_started").size() == 2);
}

TEST_CASE("null is a value like any other for a merge", "[fork][merge]") {
  driven_run run{two_branches()};
  REQUIRE(run.begin({{"k", 1}}));
  REQUIRE(run.finish("a", json{{"k", nullptr}}));
  REQUIRE(run.finish("b"));
  CHECK(run.data() == json{{"k", nullptr}});
}

TEST_CASE("a branch that forks again passes its writes on", "[fork][merge]") {
  driven_run run{nested()};
  REQUIRE(run.begin());
  REQUIRE(run.finish("x", json{{"k", 1}}));
  CHECK(run.waiting_at() == lines{"b", "y", "z"});
  CHECK(run.call_of("y")->state.whole() == json{{"k", 1}});
  CHECK(run.call_of("z")->state.whole() == json{{"k", 1}});
  CHECK(run.call_of("b")->state.whole() == json::object());
  for (const char* node : {"y", "z", "b"}) REQUIRE(run.finish(node));
  CHECK(run.status() == run_status::completed);
  CHECK(run.data() == json{{"k", 1}});
}

TEST_CASE("one branch can overwrite a value from before the fork", "[fork][merge]") {
  for (const lines& order : {lines{"y", "z", "b"}, lines{"b", "z", "y"}}) {
    driven_run run{nested()};
    REQUIRE(run.begin());
    REQUIRE(run.finish("x", json{{"k", 1}}));
    for (const auto& node : order)  // z and b write nothing: only y writes k
      REQUIRE(run.finish(node, node == "y" ? json{{"k", 2}} : json::object()));
    CHECK(run.status() == run_status::completed);
    CHECK(run.data() == json{{"k", 2}});
  }
}

TEST_CASE("a write before an inner fork still conflicts with an outer branch", "[fork][merge]") {
  driven_run run{nested()};
  REQUIRE(run.begin());
  REQUIRE(run.finish("x", json{{"k", 1}}));
  REQUIRE(run.finish("y"));
  REQUIRE(run.finish("z"));
  REQUIRE(run.finish("b", json{{"k", 3}}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "merge_conflict");
}

TEST_CASE("inner branches that overwrite a key with different values conflict", "[fork][merge]") {
  driven_run run{nested()};
  REQUIRE(run.begin());
  REQUIRE(run.finish("x", json{{"k", 1}}));
  REQUIRE(run.finish("y", json{{"k", 1}}));  // an equal value, but a write
  REQUIRE(run.finish("z", json{{"k", 2}}));
  REQUIRE(run.finish("b"));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "merge_conflict");
}

TEST_CASE("a key inherited through two forks belongs to the branch that wrote it",
          "[fork][merge]") {
  // x writes k, then y (after x) forks again to y1 and y2; only y2 overwrites k.
  const json flow =
      flow_of({start(), task("x"), task("b"), task("y"), task("z"), task("y1"), task("y2")},
              {edge("start", "x"), edge("start", "b"), edge("x", "y"), edge("x", "z"),
               edge("y", "y1"), edge("y", "y2")});
  for (const bool conflict : {false, true}) {
    driven_run run{flow};
    REQUIRE(run.begin());
    REQUIRE(run.finish("x", json{{"k", 1}}));
    REQUIRE(run.finish("y", json{{"own", 1}}));
    REQUIRE(run.finish("y1"));
    REQUIRE(run.finish("y2", json{{"k", 2}}));
    REQUIRE(run.finish("z", conflict ? json{{"k", 5}} : json::object()));
    REQUIRE(run.finish("b"));
    CHECK(run.status() == (conflict ? run_status::failed : run_status::completed));
    if (!conflict) CHECK(run.data() == json{{"k", 2}, {"own", 1}});
  }
}

TEST_CASE("a branch that ends early waits for the others", "[fork]") {
  driven_run run{flow_of({start(), end("at_once"), task("b")},
                         {edge("start", "at_once"), edge("start", "b")})};
  REQUIRE(run.begin());
  CHECK(run.status() == run_status::running);
  CHECK(run.story("branch_ended") == lines{"branch_ended at_once 1.1"});
  REQUIRE(run.finish("b"));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("each branch that reaches a node visits it", "[fork]") {
  driven_run run{
      flow_of({start(), task("a"), task("b"), task("both")},
              {edge("start", "a"), edge("start", "b"), edge("a", "both"), edge("b", "both")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("b"));
  REQUIRE(run.finish("a"));
  REQUIRE(run.calls().size() == 2);
  std::vector<std::uint32_t> visits;
  for (const auto& [token, call] : run.calls()) visits.push_back(call.visit);
  std::sort(visits.begin(), visits.end());
  CHECK(visits == std::vector<std::uint32_t>{1, 2});
}

TEST_CASE("a branch that fails abandons the calls of the others", "[fork][fail]") {
  driven_run run{two_branches()};
  REQUIRE(run.begin());
  const token_id b = run.call_of("b")->token;
  REQUIRE(run.finish("a", fail("card_declined", "no")));
  CHECK(run.status() == run_status::failed);
  REQUIRE(run.last().effects.size() == 1);
  CHECK(std::get<abandon_effect>(run.last().effects[0]).token == b);
  const auto late = run.apply(step_outcome_command{b, "b", 1, 1, json{{"x", 1}}, {}, {}});
  REQUIRE_FALSE(late);
  CHECK(late.error().code == errc::conflict);
}

TEST_CASE("a retry resumes every branch that has not ended", "[fork][retry]") {
  driven_run run{flow_of({start(), task("a"), task("b"), task("c")},
                         {edge("start", "a"), edge("start", "b"), edge("start", "c")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("c", json{{"c", 1}}));
  REQUIRE(run.finish("a", fail("card_declined", "no")));
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.waiting_at() == lines{"a", "b"});
  CHECK(run.call_of("a")->attempt == 2);
  CHECK(run.call_of("b")->attempt == 2);
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b"));
  CHECK(run.status() == run_status::completed);
  CHECK(run.data() == json{{"c", 1}});
}

TEST_CASE("a run can have as many branches as the limit allows; one more fails it",
          "[fork][limits]") {
  const json flow = flow_of({start(), task("a"), task("b"), task("c")},
                            {edge("start", "a"), edge("start", "b"), edge("start", "c")});
  limits allowed;
  allowed.max_tokens = 3;
  driven_run enough{flow, allowed};
  REQUIRE(enough.begin());
  CHECK(enough.waiting_at() == lines{"a", "b", "c"});

  allowed.max_tokens = 2;
  driven_run too_many{flow, allowed};
  REQUIRE(too_many.begin());
  CHECK(too_many.status() == run_status::failed);
  CHECK(too_many.state().error->type == "limit_exceeded");
  CHECK(mentions(too_many.state().error->message, "run.max_tokens"));
}

TEST_CASE("a retry does not repeat a step whose fork made too many branches",
          "[fork][limits][retry]") {
  limits allowed;
  allowed.max_tokens = 1;
  driven_run run{flow_of({start(), task("a"), task("b"), task("c")},
                         {edge("start", "a"), edge("a", "b"), edge("a", "c")}),
                 allowed};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"x", 1}}));
  REQUIRE(run.status() == run_status::failed);
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.story("step_started") == lines{"step_started a 1.1"});
}

TEST_CASE("deeply nested forks are merged", "[fork][merge]") {
  // Each iteration writes a key, then forks off a branch that ends.
  driven_run run{flow_of({start(), task("again"), end(), condition("more", var("go"))},
                         {edge("start", "again"), edge("again", "more"), edge("again", "end"),
                          edge("more", "again", true)})};
  REQUIRE(run.begin());
  for (int n = 1; n <= 400; ++n) {
    REQUIRE(run.finish("again", json{{"n", n}, {"go", n < 400}}));
    if (n == 1) CHECK(broken_invariant(run.state()) == "");
  }
  CHECK(run.status() == run_status::completed);
  CHECK(run.data() == json{{"n", 400}, {"go", false}});
}
