// Joins that compensate the steps of the branches that lost.

#include "flow/analysis/explain.hpp"
#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

json step_with_undo(std::string id) {
  json more{{"compensate", {{"code_ref", "undo." + id}}}};
  return task(std::move(id), std::move(more));
}

/// Branches a, a2 and b, of which the first wins, then z.
json race(json a2 = task("a2")) {
  return flow_of({start(), step_with_undo("a"), std::move(a2), step_with_undo("b"),
                  node_of("j", "join", {{"wait_for", "any"}, {"losers", "compensate"}}), task("z")},
                 {edge("start", "a"), edge("start", "b"), edge("a", "a2"), edge("a2", "j"),
                  edge("b", "j"), edge("j", "z")});
}

lines called(const driven_run& run) {
  lines names;
  for (const auto& [id, call] : run.calls()) names.push_back(call.code_ref);
  return names;
}

void expect_in_turn(driven_run& run, const lines& calls) {
  for (const auto& name : calls) {
    REQUIRE(called(run) == lines{name});
    CHECK(survives_restart(run));
    CHECK(broken_invariant(run.state()) == "");
    REQUIRE(run.finish(run.calls().begin()->second.node));
  }
}

const error lost_race = error{errc::cancelled, "stopped"};

/// What the last event that compensation has begun says.
json begun(const driven_run& run) {
  json said;
  for (const auto& e : run.last().change.events)
    if (e.kind == event_kind::compensating) said = e.detail;
  return said;
}

}  // namespace

TEST_CASE("a join compensates the steps of the branches that lost before it goes on",
          "[join][compensate]") {
  for (const bool came_through : {false, true}) {
    CAPTURE(came_through);
    driven_run run{race(step_with_undo("a2"))};
    REQUIRE(run.begin());
    REQUIRE(run.finish("a", json{{"a", 1}}));
    REQUIRE(run.finish("b", json{{"b", 2}}));
    CHECK(called(run) == lines{"test.a2"});  // asked to stop, and awaited
    CHECK(begun(run) == json{{"steps", 1}, {"awaited", 1}});
    CHECK(std::holds_alternative<abandon_effect>(run.last().effects.at(0)));
    CHECK(broken_invariant(run.state()) == "");
    REQUIRE(run.finish("a2", came_through ? result<json>(json::object()) : lost_race));
    expect_in_turn(run, came_through ? lines{"undo.a2", "undo.a"} : lines{"undo.a"});
    CHECK(run.data() == json{{"b", 2}});
    // The step of the winner is compensated if the run fails.
    REQUIRE(run.finish("z", fail("broken", "no")));
    expect_in_turn(run, {"undo.b"});
    CHECK(run.status() == run_status::failed);
  }
}

TEST_CASE("a join whose losers have nothing to compensate goes on at once", "[join][compensate]") {
  driven_run run{race(node_of("a2", "wait", {{"duration", "1h"}}))};
  REQUIRE(run.begin());
  auto asleep = run;
  REQUIRE(run.finish("b"));
  CHECK(called(run) == lines{"test.a"});
  CHECK(begun(run) == json{{"steps", 0}, {"awaited", 1}});
  REQUIRE(run.finish("a", lost_race));
  CHECK(called(run) == lines{"test.z"});
  CHECK(run.story("compensation").empty());

  REQUIRE(asleep.finish("a"));
  REQUIRE(asleep.finish("b"));
  CHECK(begun(asleep) == json{{"steps", 1}});
  expect_in_turn(asleep, {"undo.a", "test.z"});
  CHECK(asleep.status() == run_status::completed);
}

TEST_CASE("it is explained that a join compensates", "[join][explain]") {
  driven_run run{race(node_of("a2", "wait", {{"duration", "1h"}}))};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b"));
  const auto found = find_reasons(run.flow(), run.state(), std::chrono::microseconds{0}, 20);
  REQUIRE(found.reasons.size() == 2);
  CHECK(sentence_of(found.reasons.back().shown) ==
        "The join \"j\" compensates the steps of the branches that lost; 1 step is left.");
}

TEST_CASE("a race in a section: each compensates its own", "[join][section][compensate]") {
  json flow = race(node_of("a2", "wait", {{"duration", "1h"}}));
  flow["nodes"].push_back(node_of("s", "section", {{"compensate", "on_error"}}));
  flow["nodes"].push_back(task("h"));
  flow["nodes"].push_back(start("first"));
  flow["edges"].push_back(edge_on("body", "s", "first"));
  flow["edges"].push_back(edge_on("on_error", "s", "h"));
  for (json& e : flow["edges"])
    if (e["source"] == "start") e["source"] = "first";
  flow["edges"].push_back(edge("start", "s"));
  driven_run run{flow};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b"));
  expect_in_turn(run, {"undo.a"});
  REQUIRE(run.finish("z", fail("broken", "no")));
  expect_in_turn(run, {"undo.b", "test.h"});
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("a race in a loop compensates the steps of its own round", "[join][compensate][loops]") {
  json flow = race(node_of("a2", "wait", {{"duration", "1h"}}));
  flow["nodes"].push_back(start("again"));
  flow["edges"][5] = edge("j", "again");
  flow["edges"].push_back(edge("again", "start", {{"<", {var("n"), 2}}}));
  flow["edges"].push_back(edge("again", "z"));
  driven_run run{flow};
  REQUIRE(run.begin());
  for (int n = 1; n <= 2; ++n) {
    REQUIRE(run.finish("a"));
    REQUIRE(run.finish("b", json{{"n", n}}));
    REQUIRE(run.call_of("a")->visit == static_cast<std::uint32_t>(n));
    expect_in_turn(run, {"undo.a"});
  }
  REQUIRE(run.finish("z", fail("broken", "no")));
  expect_in_turn(run, {"undo.b", "undo.b"});
}
