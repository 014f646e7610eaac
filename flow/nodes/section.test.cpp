// Sections: a body with error handlers, a deadline and compensation of its own.

#include "flow/analysis/explain.hpp"
#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

/// A task with the compensation "undo.<id>".
json undoable_step(std::string id, json more = json::object()) {
  more["compensate"] = {{"code_ref", "undo." + id}};
  return task(std::move(id), std::move(more));
}

json section_of(json data = json::object(), std::string id = "s") {
  return node_of(std::move(id), "section", std::move(data));
}

const json on_error = {{"compensate", "on_error"}};

/// p, then a section with the body a, b, c and the handler h, then z.
json guarded(json data = json::object()) {
  return flow_of({start(), undoable_step("p"), section_of(std::move(data)), undoable_step("a"),
                  undoable_step("b"), task("c"), task("h"), task("z")},
                 {edge("start", "p"), edge("p", "s"), edge_on("body", "s", "a"), edge("a", "b"),
                  edge("b", "c"), edge("s", "z"), edge_on("on_error", "s", "h")});
}

/// The same, while c is running.
driven_run at_the_last(json data = json::object()) {
  driven_run run{guarded(std::move(data))};
  REQUIRE(run.begin());
  for (const char* step : {"p", "a", "b"}) REQUIRE(run.finish(step));
  return run;
}

const error it_broke = fail("broken", "it broke");

lines open_calls(const driven_run& run) {
  lines names;
  for (const auto& [id, call] : run.calls()) names.push_back(call.code_ref);
  return names;
}

/// Ends each of the calls, which must be the only ones, and checks that a crash before it changes
/// nothing.
void pass_through(driven_run& run, const lines& calls) {
  for (const auto& name : calls) {
    REQUIRE(open_calls(run) == lines{name});
    CHECK(survives_restart(run));
    CHECK(broken_invariant(run.state()) == "");
    REQUIRE(run.finish(run.calls().begin()->second.node));
  }
}

lines problems_of_body(std::vector<json> more_edges, json data = json::object()) {
  std::vector<json> edges{edge("start", "s"), edge("s", "z"), edge("a", "b")};
  edges.insert(edges.end(), more_edges.begin(), more_edges.end());
  return errors_of(flow_of({start(), section_of(std::move(data)), task("a"), task("b"), task("z")},
                           std::move(edges)));
}

std::string sentence_about(const driven_run& run, std::string_view kind) {
  for (const auto& each :
       find_reasons(run.flow(), run.state(), std::chrono::microseconds{0}, 20).reasons)
    if (each.shown.kind == kind) return sentence_of(each.shown);
  return "";
}

}  // namespace

TEST_CASE("the settings and edges of a section are checked", "[section][validation]") {
  CHECK(problems_of_body({edge_on("body", "s", "a")}).empty());
  CHECK(problems_of_body({edge("s", "a")}) == lines{"/nodes/1 missing_edge"});
  CHECK(problems_of_body({edge_on("body", "s", "a"), edge_on("body", "s", "b")}) ==
        lines{"/edges/4 duplicate_edge", "/edges/2 into_section"});
  CHECK(problems_of_body({edge_on("body", "s", "a"), edge_on("body", "a", "b")}) ==
        lines{"/edges/4/data/body never_taken"});
  CHECK(problems_of_body({edge_on("body", "s", "a"), edge("b", "s")}) ==
        lines{"/edges/4 back_to_section"});
  CHECK(problems_of_body({edge_on("body", "s", "a"), edge("start", "b")}) ==
        lines{"/edges/4 into_section"});
  CHECK(problems_of_body({edge_on("body", "s", "a"), edge("b", "z")}) ==
        lines{"/edges/1 into_section"});
  const std::string data = "/nodes/1/data";
  CHECK(problems_of_body({edge_on("body", "s", "a")}, {{"compensate", "never"}}) ==
        lines{data + "/compensate out_of_range"});
  CHECK(problems_of_body({edge_on("body", "s", "a")}, {{"at_end", 7}}) ==
        lines{data + "/at_end out_of_range"});
  CHECK(problems_of_body({edge_on("body", "s", "a")}, on_error) ==
        lines{data + "/compensate never_taken"});
  CHECK(problems_of_body({edge_on("body", "s", "a")},
                         {{"timeout", "1h"}, {"until", "2030-01-01T00:00:00Z"}}) ==
        lines{data + "/until contradiction"});
  CHECK(problems_of_body({edge_on("body", "s", "a"), edge_on("on_timeout", "s", "z")}) ==
        lines{"/nodes/1 never_taken"});
}

TEST_CASE("a loop in a body that only the deadline ends is no endless loop",
          "[section][validation]") {
  CHECK(problems_of_body({edge_on("body", "s", "a"), edge("b", "a")}) ==
        lines{"/nodes/2 endless_loop"});
  CHECK(problems_of_body({edge_on("body", "s", "a"), edge("b", "a")}, {{"timeout", "1h"}}).empty());
}

TEST_CASE("a section in the short form has the link body", "[section][short_form]") {
  const json flow = json::parse(R"({"name": "test", "nodes": [
      {"id": "s", "type": "section", "body": "a", "on_error": "h", "next": "z"},
      {"id": "a", "type": "http", "url": "https://x.example/", "body": "text"},
      {"id": "b", "type": "task", "code_ref": "f", "next": null},
      {"id": "h", "type": "task", "code_ref": "f", "next": null},
      {"id": "z", "type": "end"}]})");
  const auto made = compile(flow, test_version, {});
  CHECK(codes(made.diagnostics) == lines{});
  REQUIRE(made.source.edges.size() == 4);
  CHECK(made.source.nodes[1].data.at("body") == "text");
  json into_next = flow;
  into_next["nodes"][2].erase("next");
  CHECK(errors_of(into_next) == lines{"/nodes/2 implied_edge", "/nodes/0/on_error into_section"});
  json out_of_body = flow;
  out_of_body["nodes"][2].erase("next");
  out_of_body["nodes"].erase(3);
  out_of_body["nodes"][0].erase("on_error");
  CHECK(errors_of(out_of_body).front() == "/nodes/2 implied_edge");
}

TEST_CASE("a section runs its body, then goes on", "[section]") {
  auto run = at_the_last();
  CHECK(run.waiting_at() == lines{"c"});
  CHECK(survives_restart(run));
  REQUIRE(run.finish("c", json{{"n", 1}}));
  CHECK(run.waiting_at() == lines{"z"});
  CHECK(run.data() == json{{"n", 1}});
  REQUIRE(run.finish("z"));
  CHECK(run.status() == run_status::completed);
  CHECK(run.story("step_finished s") == lines{"step_finished s 1.1"});
}

TEST_CASE("a body writes to the data of the run directly", "[section]") {
  driven_run run{guarded()};
  REQUIRE(run.begin());
  REQUIRE(run.finish("p"));
  REQUIRE(run.finish("a", json{{"n", 1}}));
  CHECK(run.data() == json{{"n", 1}});
  CHECK(run.call_of("b")->state.whole() == json{{"n", 1}});
  CHECK(run.state().tokens.back().writes.empty());
}

TEST_CASE("a body on a branch writes to the branch, as the branch would", "[section][fork]") {
  driven_run run{
      flow_of({start(), task("a"), section_of(), task("b"), task("c"), task("d"),
               node_of("j", "join"), task("z")},
              {edge("start", "a"), edge("start", "d"), edge("a", "s"), edge_on("body", "s", "b"),
               edge("b", "c"), edge("s", "j"), edge("d", "j"), edge("j", "z")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"a", 1}, {"k", 1}}));
  REQUIRE(run.finish("b", json{{"k", 2}}));
  CHECK(run.data() == json::object());
  CHECK(run.call_of("c")->state.whole() == json{{"a", 1}, {"k", 2}});
  CHECK(survives_restart(run));
  REQUIRE(run.finish("c", json{{"c", 3}}));
  REQUIRE(run.finish("d"));
  CHECK(run.data() == json{{"a", 1}, {"k", 2}, {"c", 3}});
}

TEST_CASE("a handler of a section takes any error that its body does not take",
          "[section][on-error]") {
  auto run = at_the_last();
  REQUIRE(run.finish("c", it_broke));
  CHECK(open_calls(run) == lines{"test.h"});
  CHECK(run.data().at("error") ==
        json{{"type", "broken"}, {"message", "it broke"}, {"node", "c"}, {"attempt", 1}});
  CHECK(broken_invariant(run.state()) == "");
  // What was done stays, and is compensated if the run fails later.
  REQUIRE(run.finish("h", it_broke));
  pass_through(run, {"undo.b", "undo.a", "undo.p"});
  CHECK(run.status() == run_status::failed);
}

TEST_CASE("the handlers of a section are tried in order, by type and rule", "[section][on-error]") {
  json flow = guarded();
  flow["edges"].back()["data"]["on_error"] = {"other"};
  driven_run refused{flow};
  flow["edges"].back()["data"] = {{"on_error", true}, {"when", {{"==", {var("error.node"), "c"}}}}};
  driven_run taken{flow};
  for (driven_run* const run : {&refused, &taken}) {
    REQUIRE(run->begin());
    for (const char* step : {"p", "a", "b"}) REQUIRE(run->finish(step));
    REQUIRE(run->finish("c", it_broke));
  }
  CHECK(open_calls(refused) == lines{"undo.b"});
  CHECK(open_calls(taken) == lines{"test.h"});
}

TEST_CASE("a section compensates the steps of its body before its handler runs",
          "[section][compensate]") {
  auto run = at_the_last(on_error);
  REQUIRE(run.finish("c", it_broke));
  CHECK(run.status() == run_status::running);
  CHECK_FALSE(run.state().compensating.has_value());
  CHECK(run.last().change.events.at(1).detail ==
        json{{"steps", 2}, {"type", "broken"}, {"message", "it broke"}});
  CHECK(sentence_about(run, "section") ==
        "The section \"s\" compensates the steps of its body; 2 steps are left.");
  pass_through(run, {"undo.b", "undo.a", "test.h"});
  CHECK(run.status() == run_status::completed);
  CHECK(run.data().at("error").at("node") == "c");
  CHECK(run.story("compensation_finished") ==
        lines{"compensation_finished b 1.1", "compensation_finished a 1.1"});
}

TEST_CASE("a run that fails after a section has compensated compensates only the rest",
          "[section][compensate]") {
  auto run = at_the_last(on_error);
  REQUIRE(run.finish("c", it_broke));
  pass_through(run, {"undo.b", "undo.a"});
  REQUIRE(run.finish("h", it_broke));
  pass_through(run, {"undo.p"});
  CHECK(run.status() == run_status::failed);
}

TEST_CASE("a body that has ended is compensated if the run fails, or is final",
          "[section][compensate]") {
  for (const bool is_final : {false, true}) {
    auto run = at_the_last(is_final ? json{{"at_end", "final"}} : json::object());
    REQUIRE(run.finish("c"));
    REQUIRE(run.finish("z", it_broke));
    pass_through(run, is_final ? lines{"undo.p"} : lines{"undo.b", "undo.a", "undo.p"});
    CHECK(run.status() == run_status::failed);
  }
}

TEST_CASE("a section stops the other branches of its body and awaits them",
          "[section][compensate][fork]") {
  for (const bool came_through : {true, false}) {
    CAPTURE(came_through);
    driven_run run{
        flow_of({start(), section_of(on_error), undoable_step("a"), undoable_step("b"), task("c"),
                 node_of("w", "wait", {{"duration", "1h"}}), task("h"), undoable_step("x")},
                {edge("start", "s"), edge("start", "x"), edge_on("body", "s", "a"), edge("a", "b"),
                 edge("a", "c"), edge("a", "w"), edge_on("on_error", "s", "h")})};
    REQUIRE(run.begin());
    REQUIRE(run.finish("a"));
    REQUIRE(run.finish("x"));
    const token_id b = run.call_of("b")->token;
    REQUIRE(run.finish("c", it_broke));
    REQUIRE(run.last().effects.size() == 1);
    CHECK(std::get<abandon_effect>(run.last().effects[0]).token == b);
    CHECK(open_calls(run) == lines{"test.b"});
    CHECK(next_timer(run.state()) == std::nullopt);
    CHECK(broken_invariant(run.state()) == "");
    REQUIRE(run.finish(
        "b", came_through ? result<json>(json::object()) : error{errc::cancelled, "stopped"}));
    pass_through(run,
                 came_through ? lines{"undo.b", "undo.a", "test.h"} : lines{"undo.a", "test.h"});
    // The step of the other branch is not of this body.
    CHECK(run.status() == run_status::completed);
    CHECK(run.story("compensation_started x").empty());
  }
}

TEST_CASE("after a crash a stopped step of a body counts as failed", "[section][compensate]") {
  driven_run run{flow_of(
      {start(), section_of(on_error), undoable_step("a"), undoable_step("b"), task("c"), task("h")},
      {edge("start", "s"), edge_on("body", "s", "a"), edge("a", "b"), edge("a", "c"),
       edge_on("on_error", "s", "h")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("c", it_broke));
  run.restart_from(run.state());
  CHECK(open_calls(run) == lines{"undo.a"});
}

TEST_CASE("the deadline of a section ends its body", "[section][timeout]") {
  for (const bool compensates : {false, true}) {
    json data{{"timeout", "1h"}};
    if (compensates) data["compensate"] = "on_error";
    json flow = guarded(data);
    flow["nodes"].push_back(task("late"));
    flow["edges"].push_back(edge_on("on_timeout", "s", "late"));
    driven_run run{flow};
    REQUIRE(run.begin());
    REQUIRE(run.finish("p"));
    REQUIRE(run.finish("a"));
    CHECK(survives_restart(run));
    CHECK(sentence_about(run, "section") ==
          "The section \"s\" waits for its body to end, until its deadline.");
    REQUIRE(run.fire_timer());
    CHECK(open_calls(run) == lines{compensates ? "test.b" : "test.late"});
    if (compensates) {
      REQUIRE(run.finish("b"));
      pass_through(run, {"undo.b", "undo.a"});
    }
    CHECK(open_calls(run) == lines{"test.late"});
    CHECK(next_timer(run.state()) == std::nullopt);
    CHECK_FALSE(run.data().contains("error"));
  }
}

TEST_CASE("without an on_timeout edge the deadline is an error of the section",
          "[section][timeout]") {
  driven_run caught{guarded({{"until", "2024-01-01T00:00:00Z"}})};
  REQUIRE(caught.begin());
  REQUIRE(caught.finish("p"));
  REQUIRE(caught.fire_timer());
  CHECK(open_calls(caught) == lines{"test.h"});
  CHECK(caught.data().at("error").at("type") == "timed_out");
  CHECK(caught.data().at("error").at("node") == "s");

  json flow = chain({start(), section_of({{"timeout", "1h"}})});
  flow["nodes"].push_back(task("a"));
  flow["edges"].push_back(edge_on("body", "s", "a"));
  driven_run failed{flow};
  REQUIRE(failed.begin());
  REQUIRE(failed.fire_timer());
  CHECK(failed.status() == run_status::failed);
  CHECK(failed.state().error->type == "timed_out");
  CHECK(broken_invariant(failed.state()) == "");
  REQUIRE(failed.apply(retry_command{}));
  CHECK(failed.waiting_at() == lines{"a"});
  CHECK(next_timer(failed.state()) ==
        failed.now() - std::chrono::seconds{1} + std::chrono::hours{1});
  REQUIRE(failed.finish("a"));
  CHECK(failed.status() == run_status::completed);
}

TEST_CASE("the deadline of a body that asks a question ends it", "[section][interrupt]") {
  json flow =
      flow_of({start(), section_of({{"timeout", "1h"}}),
               node_of("q", "interrupt", {{"question", 1}}), task("late")},
              {edge("start", "s"), edge_on("body", "s", "q"), edge_on("on_timeout", "s", "late")});
  driven_run run{flow};
  REQUIRE(run.begin());
  CHECK(run.status() == run_status::paused);
  REQUIRE(run.fire_timer());
  CHECK(run.status() == run_status::running);
  CHECK(open_calls(run) == lines{"test.late"});
}

TEST_CASE("a pause stops the deadline of a section", "[section][pause]") {
  driven_run run{guarded({{"timeout", "1h"}})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("p"));
  REQUIRE(run.apply(pause_command{}));
  REQUIRE(run.finish("a"));
  REQUIRE(run.status() == run_status::paused);
  const auto due = run.state().tokens.front().timer->due;
  run.advance_clock(std::chrono::hours{5});
  REQUIRE(run.apply(resume_command{}));
  CHECK(run.state().tokens.front().timer->due > due + std::chrono::hours{5});
  CHECK(run.waiting_at() == lines{"b"});
}

TEST_CASE("a retry goes on inside the body", "[section][retry]") {
  json flow = chain({start(), section_of(), task("z")});
  flow["nodes"].push_back(task("a"));
  flow["nodes"].push_back(task("b"));
  flow["edges"].push_back(edge_on("body", "s", "a"));
  flow["edges"].push_back(edge("a", "b"));
  driven_run run{flow};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b", it_broke));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->node == "b");
  CHECK(broken_invariant(run.state()) == "");
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.waiting_at() == lines{"b"});
  REQUIRE(run.apply(quarantine_command{"it crashed"}));
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.waiting_at() == lines{"b"});
  CHECK(broken_invariant(run.state()) == "");
  REQUIRE(run.finish("b"));
  CHECK(run.waiting_at() == lines{"z"});
}

TEST_CASE("an inner section takes an error first, and its steps are those of the outer one then",
          "[section][compensate]") {
  driven_run run{flow_of(
      {start(), section_of(on_error, "outer"), undoable_step("a"), section_of(on_error, "inner"),
       undoable_step("b"), task("c"), undoable_step("h"), task("d"), task("g")},
      {edge("start", "outer"), edge_on("body", "outer", "a"), edge("a", "inner"),
       edge_on("body", "inner", "b"), edge("b", "c"), edge_on("on_error", "inner", "h"),
       edge("inner", "d"), edge("h", "d"), edge_on("on_error", "outer", "g")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b"));
  auto ends_well = run;
  REQUIRE(run.finish("c", it_broke));
  pass_through(run, {"undo.b", "test.h"});
  REQUIRE(run.finish("d", it_broke));
  pass_through(run, {"undo.h", "undo.a", "test.g"});
  CHECK(run.status() == run_status::completed);

  REQUIRE(ends_well.finish("c"));
  REQUIRE(ends_well.finish("d", it_broke));
  pass_through(ends_well, {"undo.b", "undo.a", "test.g"});
}

TEST_CASE("an outer section goes on with the compensation of an inner one",
          "[section][compensate]") {
  driven_run run{flow_of(
      {start(), section_of(on_error, "outer"), undoable_step("a"), section_of(on_error, "inner"),
       undoable_step("b"), task("c"), task("h"), task("x"), task("g")},
      {edge("start", "outer"), edge_on("body", "outer", "a"), edge("a", "inner"), edge("a", "x"),
       edge_on("body", "inner", "b"), edge("b", "c"), edge_on("on_error", "inner", "h"),
       edge_on("on_error", "outer", "g")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b"));
  REQUIRE(run.finish("c", it_broke));
  REQUIRE(run.call_of("b")->compensates);
  REQUIRE(run.finish("x", it_broke));
  pass_through(run, {"undo.b", "undo.a", "test.g"});
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("the items of a map compensate apart from each other", "[section][compensate][map]") {
  driven_run run{flow_of(
      {start(), node_of("m", "map", {{"items", {1, 2}}, {"tolerate", 1}}), section_of(on_error),
       undoable_step("a"), task("b"), node_of("no", "fail", {{"message", "no"}}), task("z")},
      {edge("start", "m"), edge_on("each", "m", "s"), edge_on("body", "s", "a"), edge("a", "b"),
       edge_on("on_error", "s", "no"), edge("m", "z")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b", it_broke));
  CHECK(broken_invariant(run.state()) == "");
  REQUIRE(run.call_of("a")->compensates);
  REQUIRE(run.finish("a"));
  // The handler has failed the item, which the map tolerates.
  CHECK(open_calls(run) == lines{"test.b"});
  REQUIRE(run.finish("b"));
  CHECK(open_calls(run) == lines{"test.z"});
  REQUIRE(run.finish("z", it_broke));
  pass_through(run, {"undo.a"});
}

TEST_CASE("a compensation of a section that fails is retried or skipped",
          "[section][compensate][retry][skip]") {
  auto run = at_the_last(on_error);
  REQUIRE(run.finish("c", it_broke));
  REQUIRE(run.finish("b", it_broke));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "compensation_failed");
  CHECK(run.state().error->message ==
        "the compensation of node \"b\" failed: it broke; it was called because of broken at "
        "\"c\": it broke");
  CHECK(broken_invariant(run.state()) == "");
  auto skipped = run;
  REQUIRE(run.apply(retry_command{}));
  pass_through(run, {"undo.b", "undo.a", "test.h"});

  CHECK_FALSE(skipped.apply(skip_command{std::nullopt, "", "a"}));
  REQUIRE(skipped.apply(skip_command{std::nullopt, "by hand", "b"}));
  pass_through(skipped, {"undo.a", "test.h"});
  CHECK(skipped.status() == run_status::completed);

  auto while_running = at_the_last(on_error);
  REQUIRE(while_running.finish("c", it_broke));
  REQUIRE(while_running.apply(skip_command{std::nullopt, "", "b"}));
  pass_through(while_running, {"undo.a", "test.h"});
}

TEST_CASE("a cancelled run goes on with the compensation of its section",
          "[section][compensate][cancel]") {
  auto run = at_the_last(on_error);
  REQUIRE(run.finish("c", it_broke));
  REQUIRE(run.apply(cancel_command{}));
  pass_through(run, {"undo.b", "undo.a", "undo.p"});
  CHECK(run.status() == run_status::cancelled);
}

TEST_CASE("a section that compensates can be paused, and terminated", "[section][compensate]") {
  auto run = at_the_last(on_error);
  REQUIRE(run.finish("c", it_broke));
  auto terminated = run;
  REQUIRE(run.apply(pause_command{}));
  REQUIRE(run.finish("b"));
  CHECK(run.status() == run_status::paused);
  CHECK(survives_restart(run));
  REQUIRE(run.apply(resume_command{}));
  pass_through(run, {"undo.a", "test.h"});

  REQUIRE(terminated.apply(terminate_command{}));
  CHECK(terminated.status() == run_status::cancelled);
  CHECK(broken_invariant(terminated.state()) == "");
}

TEST_CASE("a quarantined section that compensates goes on after a retry",
          "[section][compensate][retry]") {
  driven_run run{flow_of(
      {start(), section_of(on_error), undoable_step("a"), undoable_step("b"), task("c"), task("h")},
      {edge("start", "s"), edge_on("body", "s", "a"), edge("a", "b"), edge("a", "c"),
       edge_on("on_error", "s", "h")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("c", it_broke));
  REQUIRE(run.apply(quarantine_command{"it crashed"}));
  CHECK(broken_invariant(run.state()) == "");
  REQUIRE(run.apply(retry_command{}));
  pass_through(run, {"undo.a", "test.h"});
}

TEST_CASE("branches of a body that wrote different values are an error of the body",
          "[section][fork]") {
  driven_run run{flow_of({start(), section_of(), task("a"), task("b"), task("c"), task("h")},
                         {edge("start", "s"), edge_on("body", "s", "a"), edge("a", "b"),
                          edge("a", "c"), edge_on("on_error", "s", "h")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  REQUIRE(run.finish("b", json{{"k", 1}}));
  REQUIRE(run.finish("c", json{{"k", 2}}));
  CHECK(open_calls(run) == lines{"test.h"});
  CHECK(run.data().at("error").at("type") == "merge_conflict");
}

TEST_CASE("a section in a loop begins anew", "[section][loops]") {
  driven_run run{flow_of({start(), section_of(), task("a"), end()},
                         {edge("start", "s"), edge_on("body", "s", "a"),
                          edge("s", "s", {{"<", {var("n"), 3}}}), edge("s", "end")})};
  REQUIRE(run.begin());
  for (int n = 1; n <= 3; ++n) REQUIRE(run.finish("a", json{{"n", n}}));
  CHECK(run.status() == run_status::completed);
  CHECK(run.story("step_finished s").size() == 3);
}

TEST_CASE("a section may have several next nodes", "[section][fork]") {
  driven_run run{flow_of(
      {start(), section_of(), task("a"), task("b"), task("c"), node_of("j", "join"), task("z")},
      {edge("start", "s"), edge_on("body", "s", "a"), edge("s", "b"), edge("s", "c"),
       edge("b", "j"), edge("c", "j"), edge("j", "z")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"a", 1}}));
  REQUIRE(run.finish("b", json{{"b", 2}}));
  REQUIRE(run.finish("c", json{{"c", 3}}));
  CHECK(run.data() == json{{"a", 1}, {"b", 2}, {"c", 3}});
  CHECK(run.waiting_at() == lines{"z"});
}

TEST_CASE("what a body writes is read after the section without a warning", "[section][analysis]") {
  json flow =
      flow_of({start(), section_of(), task("a", {{"into", "made"}}),
               node_of("z", "set", {{"values", {{"x", var("made")}, {"y", var("nowhere")}}}})},
              {edge("start", "s"), edge_on("body", "s", "a"), edge("s", "z", var("made"))});
  flow["input_schema"] = {{"type", "object"}, {"additionalProperties", false}};
  CHECK(warnings_of(flow) == lines{"/nodes/3/data/values/y never_written"});
}

TEST_CASE("the writes of two bodies on two branches surely conflict", "[section][analysis]") {
  CHECK(warnings_of(
            flow_of({start(), section_of(), task("a", {{"into", "k"}}), task("b", {{"into", "k"}})},
                    {edge("start", "s"), edge("start", "b"), edge_on("body", "s", "a")})) ==
        lines{"/nodes/3 conflicting_writes"});
}
