// At-most-once steps.

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

/// A run whose process ended while its at-most-once step was running.
driven_run crashed(json more = json::object()) {
  driven_run run{chain({start(), once("a", std::move(more)), task("b"), end()})};
  REQUIRE(run.begin());
  run.restart_from(run.state());
  return run;
}

resume_command answered(json answer) {
  return {std::nullopt, "", json::object(), "", std::move(answer)};
}

lines errors_of_once(json data) {
  return errors_of(chain({start(), task("a", std::move(data))}));
}

}  // namespace

TEST_CASE("the settings of an at-most-once step are checked", "[once][validation]") {
  const std::string at = "/nodes/1/data/";
  CHECK(errors_of_once({{"effect", "twice"}}) == lines{at + "effect out_of_range"});
  CHECK(errors_of_once({{"effect", 1}}) == lines{at + "effect out_of_range"});
  CHECK(errors_of_once({{"effect", "once"}, {"in_doubt", "hope"}}) ==
        lines{at + "in_doubt out_of_range"});
  CHECK(errors_of_once({{"in_doubt", "ask"}}) == lines{at + "in_doubt contradiction"});
  CHECK(errors_of_once({{"effect", "repeatable"}, {"in_doubt", "ask"}}) ==
        lines{at + "in_doubt contradiction"});
  CHECK(errors_of_once({{"effect", "once"}, {"in_doubt", "compensate"}}) ==
        lines{at + "in_doubt contradiction"});
  for (const char* good : {"ask", "retry", "fail"})
    CHECK(errors_of_once({{"effect", "once"}, {"in_doubt", good}}) == lines{});
}

TEST_CASE("after a crash an at-most-once step is not called again; the run asks", "[once]") {
  auto run = crashed();
  CHECK(run.status() == run_status::paused);
  CHECK(run.calls().empty());
  CHECK(run.state().metadata.at("interrupt_value").at("in_doubt") == "a");
  CHECK(run.story("in_doubt") == lines{"in_doubt a 1.1"});
  CHECK(run.state().metadata.at("interrupt_value").at("why") == "its call was interrupted");
  CHECK(run.last().change.events.front().detail == json{{"why", "its call was interrupted"}});
  CHECK(survives_restart(run));
  CHECK(broken_invariant(run.state()) == "");
}

TEST_CASE("after a crash other steps are called again", "[once]") {
  driven_run run{chain({start(), task("a"), end()})};
  REQUIRE(run.begin());
  CHECK(survives_restart(run));
  CHECK(run.waiting_at() == lines{"a"});
}

TEST_CASE("an in-doubt step that took effect continues with the given result", "[once]") {
  auto run = crashed({{"into", "charge"}});
  REQUIRE(run.apply(answered({{"done", {{"id", 7}}}})));
  CHECK(run.waiting_at() == lines{"b"});
  CHECK(run.data() == json{{"charge", {{"id", 7}}}});
  CHECK(run.story("step_started a").size() == 1);
}

TEST_CASE("the answer \"again\" repeats the call of an in-doubt step", "[once]") {
  auto run = crashed();
  REQUIRE(run.apply(answered({{"again", true}})));
  CHECK(run.waiting_at() == lines{"a"});
  CHECK(run.call_of("a")->attempt == 2);
  CHECK(run.call_of("a")->answer == std::nullopt);  // the function asked nothing
  run.restart_from(run.state());
  CHECK(run.status() == run_status::paused);  // it is in doubt again
  REQUIRE(run.apply(answered({{"again", true}})));
  REQUIRE(run.finish("a"));
  CHECK(run.waiting_at() == lines{"b"});
}

TEST_CASE("the answer \"failed\" fails an in-doubt step", "[once][on-error]") {
  auto run = crashed();
  REQUIRE(run.apply(answered({{"failed", "the bank says no"}})));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error == run_error{"in_doubt", "the bank says no", "a", 1});
}

TEST_CASE("the question about an in-doubt step accepts only three answers", "[once]") {
  auto run = crashed();
  const run_state before = run.state();
  for (const json& bad :
       {json(nullptr), json("yes"), json(true), json::object(), json{{"again", false}},
        json{{"again", "yes"}}, json{{"failed", 1}}, json{{"failed", nullptr}},
        json{{"done", 1}, {"again", true}}, json{{"other", 1}}}) {
    const auto given = run.apply(answered(bad));
    REQUIRE_FALSE(given);
    CHECK(given.error().code == errc::invalid_argument);
    CHECK(mentions(given.error().message, "{\"again\": true}"));
    CHECK(run.state() == before);
  }
  REQUIRE_FALSE(run.apply(resume_command{}));
}

TEST_CASE("with \"retry\" an in-doubt step is called again", "[once]") {
  auto run = crashed({{"in_doubt", "retry"}});
  CHECK(run.status() == run_status::running);
  CHECK(run.waiting_at() == lines{"a"});
  CHECK(run.call_of("a")->attempt == 2);
  CHECK(run.call_of("a")->visit == 1);
}

TEST_CASE("with \"fail\" an in-doubt step fails, and its error can be caught", "[once][on-error]") {
  auto run = crashed({{"in_doubt", "fail"}});
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "in_doubt");
  CHECK(mentions(run.state().error->message, "it is unknown whether this step"));
  REQUIRE(run.apply(retry_command{}));  // a user has checked the effect
  CHECK(run.waiting_at() == lines{"a"});

  json flow = chain({start(), once("a", {{"in_doubt", "fail"}}), end()});
  flow["nodes"].push_back(task("look"));
  flow["edges"].push_back(edge_on("on_error", "a", "look", "in_doubt"));
  driven_run caught{flow};
  REQUIRE(caught.begin());
  caught.restart_from(caught.state());
  CHECK(caught.waiting_at() == lines{"look"});
}

TEST_CASE("with \"compensate\" an in-doubt step is compensated", "[once][compensate]") {
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

TEST_CASE("a stopped in-doubt step is compensated if its policy says so",
          "[once][compensate][cancel]") {
  const json undo{{"code_ref", "undo"}};
  for (const bool crash : {false, true}) {
    driven_run run{chain({start(), task("first", {{"compensate", undo}}),
                          once("a", {{"in_doubt", "compensate"}, {"compensate", undo}}), end()})};
    REQUIRE(run.begin());
    REQUIRE(run.finish("first"));
    REQUIRE(run.apply(cancel_command{}));
    if (crash) {
      run.restart_from(run.state());
    } else {
      REQUIRE(run.finish("a", error{errc::cancelled, "stopped"}));
    }
    REQUIRE(run.call_of("a") != nullptr);
    CHECK(run.call_of("a")->compensates);
    REQUIRE(run.finish("a"));
    REQUIRE(run.finish("first"));
    CHECK(run.status() == run_status::cancelled);
  }
}

TEST_CASE("compensation started by an in-doubt step does not wait for another one",
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

TEST_CASE("a compensation may be repeated even if its step may not", "[once][compensate]") {
  driven_run run{chain({start(), once("a", {{"compensate", {{"code_ref", "undo"}}}}), task("b")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b", fail("broken", "it broke")));
  CHECK(survives_restart(run));
}

TEST_CASE("an abandoned at-most-once step is in doubt", "[once]") {
  for (const errc code : {errc::timed_out, errc::cancelled}) {
    driven_run run{chain({start(), once("a", {{"retry", json::object()}}), end()})};
    REQUIRE(run.begin());
    REQUIRE(run.finish("a", error{code, "given up"}));
    CHECK(run.status() == run_status::paused);
    CHECK(run.story("in_doubt").size() == 1);
  }
}

TEST_CASE("an error returned by the function leaves no doubt", "[once][retry-policy]") {
  driven_run run{chain({start(), once("a", {{"retry", json::object()}}), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", fail("busy", "try again")));
  CHECK(run.story("in_doubt").empty());
  CHECK(next_timer(run.state()).has_value());
}

TEST_CASE("a function or worker can say that its failure leaves doubt", "[once]") {
  const error unsure = fail("busy", "POST /pay timed out", {{"in_doubt", true}});
  const json retry{{"max_attempts", 2}};
  {
    driven_run run{chain({start(), once("a", {{"retry", retry}}), end()})};
    REQUIRE(run.begin());
    REQUIRE(run.finish("a", unsure));
    CHECK(run.status() == run_status::paused);
    CHECK(run.story("in_doubt").size() == 1);
    CHECK(run.story("retry_scheduled").empty());
    CHECK(mentions(run.state().metadata.at("interrupt_value").at("question").get<std::string>(),
                   "POST /pay timed out"));
  }
  {
    driven_run run{chain({start(), once("a", {{"retry", retry}, {"in_doubt", "fail"}}), end()})};
    REQUIRE(run.begin());
    REQUIRE(run.finish("a", unsure));
    CHECK(run.status() == run_status::failed);
    CHECK(run.state().error->type == "in_doubt");
    CHECK(mentions(run.state().error->message, "POST /pay timed out"));
  }
  {
    driven_run run{chain({start(),
                          once("a", {{"retry", retry},
                                     {"in_doubt", "compensate"},
                                     {"compensate", {{"code_ref", "undo"}}}}),
                          end()})};
    REQUIRE(run.begin());
    REQUIRE(run.finish("a", unsure));
    REQUIRE(run.call_of("a") != nullptr);
    CHECK(run.call_of("a")->code_ref == "undo");
    REQUIRE(run.finish("a"));
    CHECK(run.status() == run_status::failed);
  }
  {
    driven_run run{chain({start(), task("a", {{"retry", retry}}), end()})};  // may be repeated
    REQUIRE(run.begin());
    REQUIRE(run.finish("a", unsure));
    CHECK(next_timer(run.state()).has_value());
  }
}

TEST_CASE("only true says that a failure leaves doubt", "[once]") {
  for (const json& details :
       {json{{"in_doubt", false}}, json{{"in_doubt", "yes"}}, json("in_doubt")}) {
    driven_run run{chain({start(), once("a", {{"retry", json::object()}}), end()})};
    REQUIRE(run.begin());
    REQUIRE(run.finish("a", fail("busy", "try again", details)));
    CHECK(run.story("in_doubt").empty());
  }
}

TEST_CASE("a call whose result cannot be kept leaves doubt", "[once]") {
  for (const char* type : {"invalid_result", "no_result"}) {
    driven_run run{chain({start(), once("a", {{"retry", json::object()}}), end()})};
    REQUIRE(run.begin());
    REQUIRE(run.finish("a", fail(type, "the result is too large")));
    CHECK(run.status() == run_status::paused);
    CHECK(run.story("in_doubt").size() == 1);
  }
}

TEST_CASE("with \"retry\" an abandoned step is retried by its retry policy",
          "[once][retry-policy]") {
  driven_run run{chain(
      {start(), once("a", {{"in_doubt", "retry"}, {"retry", {{"max_attempts", 2}}}}), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", error{errc::timed_out, "given up"}));
  CHECK(run.calls().empty());  // it waits, as after any other failure
  REQUIRE(run.fire_timer());
  REQUIRE(run.finish("a", error{errc::timed_out, "given up"}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "timed_out");
}

TEST_CASE("an in-doubt step asks while other branches run", "[once][fork]") {
  driven_run run{
      flow_of({start(), once("a"), task("b")}, {edge("start", "a"), edge("start", "b")})};
  REQUIRE(run.begin());
  run.restart_from(run.state());
  CHECK(run.status() == run_status::running);
  CHECK(run.waiting_at() == lines{"b"});
  REQUIRE(run.apply(answered({{"done", {{"x", 1}}}})));
  REQUIRE(run.finish("b"));
  CHECK(run.status() == run_status::completed);
  CHECK(run.data() == json{{"x", 1}});
}

TEST_CASE("an in-doubt step of a pausing run asks once the run is paused", "[once][pause]") {
  driven_run run{chain({start(), once("a"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.apply(pause_command{}));
  run.restart_from(run.state());
  CHECK(run.status() == run_status::paused);
  REQUIRE(run.apply(answered({{"done", 1}})));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("only a waiting at-most-once step can be in doubt", "[once]") {
  driven_run run{
      flow_of({start(), task("a"), once("b")}, {edge("start", "a"), edge("start", "b")})};
  REQUIRE(run.begin());
  const auto a = *run.call_of("a"), b = *run.call_of("b");
  const run_state before = run.state();
  for (const auto& c : {in_doubt_command{a.token, "a", 1, 1}, in_doubt_command{b.token, "b", 2, 1},
                        in_doubt_command{b.token, "b", 1, 2}, in_doubt_command{b.token, "a", 1, 1},
                        in_doubt_command{99, "b", 1, 1}}) {
    const auto given = run.apply(c);
    REQUIRE_FALSE(given);
    CHECK(given.error().code == errc::conflict);
    CHECK(run.state() == before);
  }
  REQUIRE(run.apply(in_doubt_command{b.token, "b", 1, 1}));
}
