// Which way a token goes from a node.

#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

/// Where a run goes from task "from" when that returns `result`. Edges lead to tasks.
lines targets(std::vector<json> edges, json result) {
  edges.push_back(edge("start", "from"));
  for (const char* reached : {"a", "b", "c"}) edges.push_back(edge("start", reached, false));
  driven_run run{
      flow_of({start(), task("from"), task("a"), task("b"), task("c")}, std::move(edges))};
  REQUIRE(run.begin());
  REQUIRE(run.finish("from", std::move(result)));
  return run.waiting_at();
}

}  // namespace

TEST_CASE("the first edge whose rule is true is taken, and no other", "[edges]") {
  const std::vector<json> edges = {edge("from", "a", var("x")), edge("from", "b", var("y")),
                                   edge("from", "c")};
  CHECK(targets(edges, {{"x", true}, {"y", true}}) == lines{"a"});
  CHECK(targets(edges, {{"x", false}, {"y", true}}) == lines{"b"});
}

TEST_CASE("the plain edge beside rules is the default, wherever it is written", "[edges]") {
  CHECK(targets({edge("from", "a", var("x")), edge("from", "c")}, {{"x", false}}) == lines{"c"});
  CHECK(targets({edge("from", "c"), edge("from", "a", var("x"))}, {{"x", true}}) == lines{"a"});
}

TEST_CASE("several plain edges beside rules fork when no rule is true", "[edges]") {
  const std::vector<json> edges = {edge("from", "a", var("x")), edge("from", "b"),
                                   edge("from", "c")};
  CHECK(targets(edges, {{"x", false}}) == lines{"b", "c"});
  CHECK(targets(edges, {{"x", true}}) == lines{"a"});
}

TEST_CASE("a rule's value counts as JSONLogic says", "[edges]") {
  const auto taken = [](json value) {
    return targets({edge("from", "a", var("x")), edge("from", "b")}, {{"x", std::move(value)}}) ==
           lines{"a"};
  };
  CHECK(taken(1));
  CHECK(taken("0"));
  CHECK(taken(json::array({0})));
  CHECK_FALSE(taken(0));
  CHECK_FALSE(taken(""));
  CHECK_FALSE(taken(json::array()));
  CHECK_FALSE(taken(nullptr));
}

TEST_CASE("where no edge is true and none is plain the token ends", "[edges]") {
  driven_run run{
      flow_of({start(), task("a"), end()}, {edge("start", "a"), edge("a", "end", var("never"))})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"x", 1}}));
  CHECK(run.status() == run_status::completed);
  CHECK(run.data() == json{{"x", 1}});
}

TEST_CASE("a node without edges ends the run", "[edges]") {
  driven_run run{chain({start(), task("a")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("the boolean edges of a condition follow its result, and only one side runs", "[edges]") {
  for (const bool truth : {true, false}) {
    driven_run run{flow_of({start(), condition("c", var("ok")), task("yes"), task("no")},
                           {edge("start", "c"), edge("c", "no", false), edge("c", "yes", true)})};
    REQUIRE(run.begin({{"ok", truth}}));
    CHECK(run.waiting_at() == (truth ? lines{"yes"} : lines{"no"}));
  }
}

TEST_CASE("a condition with one boolean edge goes on by its default", "[edges]") {
  driven_run run{flow_of({start(), condition("c", var("ok")), task("yes"), task("other")},
                         {edge("start", "c"), edge("c", "yes", true), edge("c", "other")})};
  REQUIRE(run.begin({{"ok", false}}));
  CHECK(run.waiting_at() == lines{"other"});
}

TEST_CASE("rules and booleans of a condition are tried in the order written", "[edges]") {
  driven_run run{
      flow_of({start(), condition("c", true), task("rule"), task("yes")},
              {edge("start", "c"), edge("c", "rule", var("x")), edge("c", "yes", true)})};
  REQUIRE(run.begin({{"x", 1}}));
  CHECK(run.waiting_at() == lines{"rule"});
}

TEST_CASE("the history tells why an edge was taken", "[edges]") {
  driven_run run{flow_of({start(), condition("c", var("ok")), task("t"), task("u"), end()},
                         {edge("start", "c"), edge("c", "t", true), edge("t", "u", var("big")),
                          edge("t", "end"), edge("u", "end", var("condition_result"))})};
  REQUIRE(run.begin({{"ok", true}}));
  REQUIRE(run.finish("t", json{{"big", true}}));
  REQUIRE(run.finish("u"));
  std::vector<json> taken;
  for (const auto& e : run.events())
    if (e.kind == event_kind::edge_taken) taken.push_back(e.detail);
  CHECK(taken == std::vector<json>{{{"to", "t"}, {"why", "condition"}},
                                   {{"to", "u"}, {"why", "when"}},
                                   {{"to", "end"}, {"why", "when"}}});
}

TEST_CASE("an edge whose rule fails fails the run at the node before it", "[edges]") {
  driven_run run{flow_of({start(), task("a"), end()},
                         {edge("start", "a"), edge("a", "end", {{"*", json::array()}})})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"x", 1}}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "invalid_arguments");
  CHECK(run.state().error->node == "a");
  CHECK(run.data() == json{{"x", 1}});
}

TEST_CASE("a step whose edge rule failed is not called again by a retry", "[edges][retry]") {
  const json fails_unless_fixed = {{"if", {var("fixed"), true, {{"*", json::array()}}}}};
  driven_run run{flow_of({start(), task("a"), task("b")},
                         {edge("start", "a"), edge("a", "b", fails_unless_fixed)})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"x", 1}}));
  REQUIRE(run.status() == run_status::failed);
  REQUIRE(run.give(retry_command{}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.calls().empty());

  run.mutable_state().data.edit()["fixed"] = true;  // as an edit of the state will do
  run.mutable_state().data_bytes += 14;
  REQUIRE(run.give(retry_command{}));
  CHECK(run.status() == run_status::running);
  CHECK(run.waiting_at() == lines{"b"});
  CHECK(run.story("step_started") == lines{"step_started a 1.1", "step_started b 1.1"});
}
