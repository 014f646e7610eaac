// Which edges a token follows.

#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

/// The tasks that a run reaches from task "from" when that returns `result`.
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

TEST_CASE("only the first edge whose rule is true is followed", "[edges]") {
  const std::vector<json> edges = {edge("from", "a", var("x")), edge("from", "b", var("y")),
                                   edge("from", "c")};
  CHECK(targets(edges, {{"x", true}, {"y", true}}) == lines{"a"});
  CHECK(targets(edges, {{"x", false}, {"y", true}}) == lines{"b"});
}

TEST_CASE("a plain edge beside rules is the default, wherever it is written", "[edges]") {
  CHECK(targets({edge("from", "a", var("x")), edge("from", "c")}, {{"x", false}}) == lines{"c"});
  CHECK(targets({edge("from", "c"), edge("from", "a", var("x"))}, {{"x", true}}) == lines{"a"});
}

TEST_CASE("several plain edges beside rules fork when no rule is true", "[edges]") {
  const std::vector<json> edges = {edge("from", "a", var("x")), edge("from", "b"),
                                   edge("from", "c")};
  CHECK(targets(edges, {{"x", false}}) == lines{"b", "c"});
  CHECK(targets(edges, {{"x", true}}) == lines{"a"});
}

TEST_CASE("the truth of a rule's value follows JSONLogic", "[edges]") {
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

TEST_CASE("a token ends where no edge is true and none is plain", "[edges]") {
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

TEST_CASE("only the boolean edge that matches the result of a condition is followed", "[edges]") {
  for (const bool truth : {true, false}) {
    driven_run run{flow_of({start(), condition("c", var("ok")), task("yes"), task("no")},
                           {edge("start", "c"), edge("c", "no", false), edge("c", "yes", true)})};
    REQUIRE(run.begin({{"ok", truth}}));
    CHECK(run.waiting_at() == (truth ? lines{"yes"} : lines{"no"}));
  }
}

TEST_CASE("a condition with one boolean edge has a default edge for the other result", "[edges]") {
  driven_run run{flow_of({start(), condition("c", var("ok")), task("yes"), task("other")},
                         {edge("start", "c"), edge("c", "yes", true), edge("c", "other")})};
  REQUIRE(run.begin({{"ok", false}}));
  CHECK(run.waiting_at() == lines{"other"});
}

TEST_CASE("rules and booleans of a condition are tested in the order written", "[edges]") {
  driven_run run{
      flow_of({start(), condition("c", true), task("rule"), task("yes")},
              {edge("start", "c"), edge("c", "rule", var("x")), edge("c", "yes", true)})};
  REQUIRE(run.begin({{"x", 1}}));
  CHECK(run.waiting_at() == lines{"rule"});
}

TEST_CASE("the history records why an edge was followed", "[edges]") {
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

TEST_CASE("a failing edge rule fails the run at the source of the edge", "[edges]") {
  driven_run run{flow_of({start(), task("a"), end()},
                         {edge("start", "a"), edge("a", "end", {{"*", json::array()}})})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"x", 1}}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "invalid_arguments");
  CHECK(run.state().error->node == "a");
  CHECK(run.data() == json{{"x", 1}});
}

TEST_CASE("a retry does not repeat a step whose edge rule failed", "[edges][retry]") {
  const json fails_unless_fixed = {{"if", {var("fixed"), true, {{"*", json::array()}}}}};
  driven_run run{flow_of({start(), task("a"), task("b")},
                         {edge("start", "a"), edge("a", "b", fails_unless_fixed)})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"x", 1}}));
  REQUIRE(run.status() == run_status::failed);
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.calls().empty());

  run.mutable_state().data.edit()["fixed"] = true;  // as set-data does
  run.mutable_state().data_bytes += 13;
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.status() == run_status::running);
  CHECK(run.waiting_at() == lines{"b"});
  CHECK(run.story("step_started") == lines{"step_started a 1.1", "step_started b 1.1"});
}
