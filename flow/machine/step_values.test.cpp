#include "flow/machine/step_values.hpp"

#include <string>

#include "flow/machine/history.hpp"
#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

/// The details of the events of a kind in the last transition, with inputs and outputs.
std::vector<json> shown_details(const driven_run& run, const std::string& kind) {
  std::vector<json> details;
  for (const auto& e : run.last().change.events) {
    const auto shown = to_history_with_values(run.flow(), run.last().change, e);
    if (shown.kind == kind) details.push_back(shown.detail);
  }
  return details;
}

json shown_output(const driven_run& run, const std::string& node) {
  for (const auto& e : run.last().change.events) {
    const auto shown = to_history_with_values(run.flow(), run.last().change, e);
    if (shown.node == node && shown.detail.contains("output")) return shown.detail["output"];
  }
  FAIL("no step of node " << node << " has ended");
  return {};
}

/// Makes every call at once, as for pure functions, with the results of a node in turn.
void answer_calls(driven_run& run, std::map<std::string, json> results) {
  run.set_call_now([results](invoke_effect& call, step_outcome_command& outcome) {
    const auto found = results.find(call.node);
    if (found == results.end()) return false;
    outcome = {call.token, call.node, call.visit, call.attempt, found->second, {}, {}};
    return true;
  });
}

bool has_hint(const driven_run& run) {
  for (const auto& e : run.last().change.events)
    if (e.detail.is_object() && e.detail.contains(wrote_member)) return true;
  return false;
}

}  // namespace

TEST_CASE("the output of a step is not stored twice", "[values]") {
  driven_run run{chain({start(), task("a"), task("b"), end()})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"x", 1}, {"y", {1, 2}}}));
  CHECK_FALSE(has_hint(run));
  CHECK(shown_output(run, "a") == json{{"x", 1}, {"y", {1, 2}}});
  REQUIRE(run.finish("b", json(5)));
  CHECK_FALSE(has_hint(run));
  CHECK(shown_output(run, "b") == json{{"result", 5}});
}

TEST_CASE("each of several steps in a checkpoint has its own output", "[values]") {
  driven_run run{chain({start(), task("a"), task("b"), task("c", {{"into", nullptr}}), end()})};
  answer_calls(run, {{"b", {{"y", 2}}}, {"c", {{"z", 3}}}});
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"x", 1}}));
  CHECK(shown_output(run, "a") == json{{"x", 1}});
  CHECK(shown_output(run, "b") == json{{"y", 2}});
  CHECK(shown_output(run, "c") == json::object());
}

TEST_CASE("a value that a later step overwrites in the same checkpoint is kept", "[values]") {
  driven_run run{
      chain({start(), task("a"), task("b"), node_of("s", "set", {{"values", {{"x", 3}}}}), end()})};
  answer_calls(run, {{"b", {{"x", 2}, {"w", 0}}}});
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"x", 1}, {"y", 1}}));
  CHECK(shown_output(run, "a") == json{{"x", 1}, {"y", 1}});
  CHECK(shown_output(run, "b") == json{{"x", 2}, {"w", 0}});
  CHECK(shown_output(run, "s") == json{{"x", 3}});
  CHECK(run.data() == json{{"w", 0}, {"x", 3}, {"y", 1}});
}

TEST_CASE("the outputs of branches survive their merge", "[values]") {
  driven_run run{flow_of(
      {start(), task("a"), task("b"), node_of("j", "join"), end()},
      {edge("start", "a"), edge("start", "b"), edge("a", "j"), edge("b", "j"), edge("j", "end")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"x", 1}}));
  CHECK_FALSE(has_hint(run));
  CHECK(shown_output(run, "a") == json{{"x", 1}});
  REQUIRE(run.finish("b", json{{"y", 2}}));  // merges both
  CHECK(shown_output(run, "b") == json{{"y", 2}});
  CHECK(run.data() == json{{"x", 1}, {"y", 2}});
}

TEST_CASE("computed arguments are in the history, and literal ones in the flow", "[values]") {
  driven_run run{chain({start(), task("a", {{"with", {{"n", {{"+", {var("n"), 1}}}}}}}),
                        task("b", {{"args", {{"m", 7}}}}), end()})};
  REQUIRE(run.begin({{"n", 1}}));
  CHECK(shown_details(run, "step_started") == std::vector<json>{{{"args", {{"n", 2}}}}});
  REQUIRE(run.finish("a"));
  CHECK(run.last().change.events.back().detail.is_null());
  CHECK(shown_details(run, "step_started") == std::vector<json>{{{"args", {{"m", 7}}}}});
  // A list of events has no values.
  CHECK(to_history(run.flow(), run.events()[1], 1, run.now()).detail == json::object());
}

TEST_CASE("a history without arguments has none", "[values]") {
  limits allowed;
  allowed.history_arguments = false;
  driven_run run{chain({start(), task("a", {{"with", {{"n", var("n")}}}}), end()}), allowed};
  REQUIRE(run.begin({{"n", 1}}));
  CHECK(shown_details(run, "step_started") == std::vector<json>{json::object()});
}

TEST_CASE("the place of a secret in arguments has null", "[values]") {
  const json with{{"key", {{"secret", "token"}}}, {"n", var("n")}};
  driven_run run{chain({start(), task("a", {{"with", with}}), end()})};
  REQUIRE(run.begin({{"n", 1}}));
  CHECK(shown_details(run, "step_started") ==
        std::vector<json>{{{"args", {{"key", nullptr}, {"n", 1}}}}});
}

TEST_CASE("a long value is cut, with its size and hash", "[values]") {
  limits allowed;
  allowed.max_history_value_bytes = 10;
  driven_run run{chain({start(), task("a", {{"with", {{"t", var("t")}}}}), end()}), allowed};
  REQUIRE(run.begin({{"t", std::string(100, 'x')}}));
  const json detail = shown_details(run, "step_started").at(0);
  CHECK(detail["args"]["cut"]["bytes"] == 108);
  CHECK(detail["args"]["cut"]["text"] == "{\"t\":\"xxxx");
  CHECK(detail["args"]["cut"]["sha256"].get<std::string>().size() == 64);
  CHECK(shortened_value("\xc3\xa4\xc3\xa4", 4)["cut"]["text"] == "\"\xc3\xa4");
  CHECK(shortened_value("ab", 4) == "ab");
}

TEST_CASE("a long output is cut once, wherever it is read from", "[values]") {
  limits allowed;
  allowed.max_history_value_bytes = 20;
  driven_run run{chain({start(), task("a"), task("b"), end()}), allowed};
  const json text(std::string(50, 'x'));
  answer_calls(run, {{"b", {{"x", text}}}});
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"x", text}}));  // "b" overwrites it
  for (const auto* node : {"a", "b"}) {
    CAPTURE(node);
    CHECK(shown_output(run, node)["cut"]["bytes"] == 58);
  }
}

TEST_CASE("steps of map items name their item", "[values]") {
  driven_run run{flow_of(
      {start(), node_of("m", "map", {{"items", json{1, 2}}, {"into", "all"}}), task("a"), end()},
      {edge("start", "m"), edge_on("each", "m", "a"), edge("m", "end")})};
  REQUIRE(run.begin());
  const auto started = shown_details(run, "step_started");
  REQUIRE(started.size() == 3);
  CHECK_FALSE(started[0].contains("item"));
  CHECK(started[1]["item"] == 0);
  CHECK(started[2]["item"] == 1);
}

TEST_CASE("the outputs of steps in a section are their own, on the trunk and in a branch",
          "[values][section]") {
  const json trunk =
      flow_of({start(), node_of("s", "section"), task("a"), task("b"), end()},
              {edge("start", "s"), edge_on("body", "s", "a"), edge("a", "b"), edge("s", "end")});
  json branch = trunk;
  branch["nodes"].push_back(task("other"));
  branch["edges"].push_back(edge("start", "other"));
  for (const json& flow : {trunk, branch}) {
    driven_run run{flow};
    answer_calls(run, {{"b", {{"x", 2}}}});
    REQUIRE(run.begin());
    REQUIRE(run.finish("a", json{{"x", 1}, {"y", 1}}));  // "b" overwrites x, and the section ends
    CHECK(shown_output(run, "a") == json{{"x", 1}, {"y", 1}});
    CHECK(shown_output(run, "b") == json{{"x", 2}});
  }
}
