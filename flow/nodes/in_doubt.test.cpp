// Steps that must not run twice.

#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

json once(std::string id, json more = json::object()) {
  more["effect"] = "once";
  return task(std::move(id), std::move(more));
}

/// A run whose process ended while the step that must not run twice was under way.
driven_run crashed(json more = json::object()) {
  driven_run run{chain({start(), once("a", std::move(more)), task("b"), end()})};
  REQUIRE(run.begin());
  run.restart_from(run.state());
  return run;
}

resume_command answered(json answer) {
  return {std::nullopt, "", json::object(), "", std::move(answer)};
}

lines faults_of_once(json data) {
  return errors_of(chain({start(), task("a", std::move(data))}));
}

}  // namespace

TEST_CASE("what is said of a step that must not run twice is checked", "[once][validation]") {
  const std::string at = "/nodes/1/data/";
  CHECK(faults_of_once({{"effect", "twice"}}) == lines{at + "effect out_of_range"});
  CHECK(faults_of_once({{"effect", 1}}) == lines{at + "effect out_of_range"});
  CHECK(faults_of_once({{"effect", "once"}, {"in_doubt", "hope"}}) ==
        lines{at + "in_doubt out_of_range"});
  CHECK(faults_of_once({{"in_doubt", "ask"}}) == lines{at + "in_doubt contradiction"});
  CHECK(faults_of_once({{"effect", "repeatable"}, {"in_doubt", "ask"}}) ==
        lines{at + "in_doubt contradiction"});
  CHECK(faults_of_once({{"effect", "once"}, {"in_doubt", "compensate"}}) ==
        lines{at + "in_doubt contradiction"});
  for (const char* good : {"ask", "retry", "fail"})
    CHECK(faults_of_once({{"effect", "once"}, {"in_doubt", good}}) == lines{});
}

TEST_CASE("a step that must not run twice is not called again after a crash, but asked about",
          "[once]") {
  auto run = crashed();
  CHECK(run.status() == run_status::paused);
  CHECK(run.calls().empty());
  CHECK(run.state().metadata.at("interrupt_value").at("in_doubt") == "a");
  CHECK(run.story("in_doubt") == lines{"in_doubt a 1.1"});
  CHECK(survives_restart(run));
  CHECK(broken_invariant(run.state()) == "");
}

TEST_CASE("other steps are called again after a crash", "[once]") {
  driven_run run{chain({start(), task("a"), end()})};
  REQUIRE(run.begin());
  CHECK(survives_restart(run));
  CHECK(run.waiting_at() == lines{"a"});
}

TEST_CASE("a step in doubt that took effect goes on with what it would have returned", "[once]") {
  auto run = crashed({{"into", "charge"}});
  REQUIRE(run.give(answered({{"done", {{"id", 7}}}})));
  CHECK(run.waiting_at() == lines{"b"});
  CHECK(run.data() == json{{"charge", {{"id", 7}}}});
  CHECK(run.story("step_started a").size() == 1);
}

TEST_CASE("a step in doubt that took no effect is called again, if so answered", "[once]") {
  auto run = crashed();
  REQUIRE(run.give(answered({{"again", true}})));
  CHECK(run.waiting_at() == lines{"a"});
  CHECK(run.call_of("a")->attempt == 2);
  CHECK(run.call_of("a")->answer == std::nullopt);  // the function asked nothing
  run.restart_from(run.state());
  CHECK(run.status() == run_status::paused);  // it is in doubt again
  REQUIRE(run.give(answered({{"again", true}})));
  REQUIRE(run.finish("a"));
  CHECK(run.waiting_at() == lines{"b"});
}

TEST_CASE("a step in doubt that is said to have failed fails", "[once][on-error]") {
  auto run = crashed();
  REQUIRE(run.give(answered({{"failed", "the bank says no"}})));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error == run_error{"in_doubt", "the bank says no", "a", 1});
}

TEST_CASE("the question about a step in doubt takes its three answers only", "[once]") {
  auto run = crashed();
  const run_state before = run.state();
  for (const json& bad :
       {json(nullptr), json("yes"), json(true), json::object(), json{{"again", false}},
        json{{"again", "yes"}}, json{{"failed", 1}}, json{{"failed", nullptr}},
        json{{"done", 1}, {"again", true}}, json{{"other", 1}}}) {
    const auto given = run.give(answered(bad));
    REQUIRE_FALSE(given);
    CHECK(given.error().code == errc::invalid_argument);
    CHECK(mentions(given.error().message, "{\"again\": true}"));
    CHECK(run.state() == before);
  }
  REQUIRE_FALSE(run.give(resume_command{}));
}

TEST_CASE("with \"retry\" a step in doubt is called again", "[once]") {
  auto run = crashed({{"in_doubt", "retry"}});
  CHECK(run.status() == run_status::running);
  CHECK(run.waiting_at() == lines{"a"});
  CHECK(run.call_of("a")->attempt == 2);
  CHECK(run.call_of("a")->visit == 1);
}

TEST_CASE("with \"fail\" a step in doubt fails, and its error can be caught", "[once][on-error]") {
  auto run = crashed({{"in_doubt", "fail"}});
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "in_doubt");
  CHECK(mentions(run.state().error->message, "nobody knows whether this step"));
  REQUIRE(run.give(retry_command{}));  // somebody has looked
  CHECK(run.waiting_at() == lines{"a"});

  json flow = chain({start(), once("a", {{"in_doubt", "fail"}}), end()});
  flow["nodes"].push_back(task("look"));
  flow["edges"].push_back(edge_on("on_error", "a", "look", "in_doubt"));
  driven_run caught{flow};
  REQUIRE(caught.begin());
  caught.restart_from(caught.state());
  CHECK(caught.waiting_at() == lines{"look"});
}

TEST_CASE("with \"compensate\" a step in doubt is undone", "[once][compensate]") {
  auto run = crashed(
      {{"in_doubt", "compensate"}, {"compensate", {{"code_ref", "undo"}, {"args", {{"n", 1}}}}}});
  CHECK(run.status() == run_status::running);
  REQUIRE(run.call_of("a") != nullptr);
  CHECK(run.call_of("a")->code_ref == "undo");
  CHECK(run.call_of("a")->args == json{{"n", 1}});
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "in_doubt");
}

TEST_CASE("a step told to stop that was in doubt is undone if that is its policy",
          "[once][compensate][cancel]") {
  const json undo{{"code_ref", "undo"}};
  for (const bool crash : {false, true}) {
    driven_run run{chain({start(), task("first", {{"compensate", undo}}),
                          once("a", {{"in_doubt", "compensate"}, {"compensate", undo}}), end()})};
    REQUIRE(run.begin());
    REQUIRE(run.finish("first"));
    REQUIRE(run.give(cancel_command{}));
    if (crash) {
      run.restart_from(run.state());
    } else {
      REQUIRE(run.finish("a", error{errc::cancelled, "told to stop"}));
    }
    REQUIRE(run.call_of("a") != nullptr);
    CHECK(run.call_of("a")->compensates);
    REQUIRE(run.finish("a"));
    REQUIRE(run.finish("first"));
    CHECK(run.status() == run_status::cancelled);
  }
}

TEST_CASE("when a step in doubt begins the undoing, another one in doubt is not waited for",
          "[once][compensate]") {
  const json undo{{"code_ref", "undo"}};
  driven_run run{flow_of({start(), task("first", {{"compensate", undo}}),
                          once("a", {{"in_doubt", "fail"}}), once("b", {{"in_doubt", "ask"}})},
                         {edge("start", "first"), edge("first", "a"), edge("first", "b")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("first"));
  run.restart_from(run.state());
  CHECK(run.waiting_at() == lines{"first"});
  CHECK(run.call_of("first")->compensates);
  REQUIRE(run.finish("first"));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->node == "a");
}

TEST_CASE("a compensation may be called again, whatever its step may", "[once][compensate]") {
  driven_run run{chain({start(), once("a", {{"compensate", {{"code_ref", "undo"}}}}), task("b")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b", fail("broken", "it broke")));
  CHECK(survives_restart(run));
}

TEST_CASE("a step that must not run twice and is given up is in doubt", "[once]") {
  for (const errc code : {errc::timed_out, errc::cancelled}) {
    driven_run run{chain({start(), once("a", {{"retry", json::object()}}), end()})};
    REQUIRE(run.begin());
    REQUIRE(run.finish("a", error{code, "given up"}));
    CHECK(run.status() == run_status::paused);
    CHECK(run.story("in_doubt").size() == 1);
  }
}

TEST_CASE("an error that the function returned leaves no doubt", "[once][retry-policy]") {
  driven_run run{chain({start(), once("a", {{"retry", json::object()}}), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", fail("busy", "try again")));
  CHECK(run.story("in_doubt").empty());
  CHECK(next_alarm(run.state()).has_value());
}

TEST_CASE("with \"retry\" a step that is given up is called as often as its policy says",
          "[once][retry-policy]") {
  driven_run run{chain(
      {start(), once("a", {{"in_doubt", "retry"}, {"retry", {{"max_attempts", 2}}}}), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", error{errc::timed_out, "given up"}));
  CHECK(run.calls().empty());  // it waits, as after any other failure
  REQUIRE(run.ring());
  REQUIRE(run.finish("a", error{errc::timed_out, "given up"}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "timed_out");
}

TEST_CASE("a step in doubt asks while other branches run", "[once][fork]") {
  driven_run run{
      flow_of({start(), once("a"), task("b")}, {edge("start", "a"), edge("start", "b")})};
  REQUIRE(run.begin());
  run.restart_from(run.state());
  CHECK(run.status() == run_status::running);
  CHECK(run.waiting_at() == lines{"b"});
  REQUIRE(run.give(answered({{"done", {{"x", 1}}}})));
  REQUIRE(run.finish("b"));
  CHECK(run.status() == run_status::completed);
  CHECK(run.data() == json{{"x", 1}});
}

TEST_CASE("a step in doubt of a run that was about to be paused asks when it is", "[once][pause]") {
  driven_run run{chain({start(), once("a"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.give(pause_command{}));
  run.restart_from(run.state());
  CHECK(run.status() == run_status::paused);
  REQUIRE(run.give(answered({{"done", 1}})));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("only a step that must not run twice, and is waited for, can be in doubt", "[once]") {
  driven_run run{
      flow_of({start(), task("a"), once("b")}, {edge("start", "a"), edge("start", "b")})};
  REQUIRE(run.begin());
  const auto a = *run.call_of("a"), b = *run.call_of("b");
  const run_state before = run.state();
  for (const auto& c : {in_doubt_command{a.token, "a", 1, 1}, in_doubt_command{b.token, "b", 2, 1},
                        in_doubt_command{b.token, "b", 1, 2}, in_doubt_command{b.token, "a", 1, 1},
                        in_doubt_command{99, "b", 1, 1}}) {
    const auto given = run.give(c);
    REQUIRE_FALSE(given);
    CHECK(given.error().code == errc::conflict);
    CHECK(run.state() == before);
  }
  REQUIRE(run.give(in_doubt_command{b.token, "b", 1, 1}));
}
