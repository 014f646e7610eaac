#include "flow/definition/known_keys.hpp"

#include "flow/testing/flows.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

/// The messages of the warnings about unknown keys.
lines unknown_keys(const json& source) {
  lines found;
  for (const auto& d : compile(source, test_version, {}).diagnostics)
    if (d.code == "unknown_key" && d.level == severity::warning)
      found.push_back(d.pointer + ": " + d.message);
  return found;
}

}  // namespace

TEST_CASE("every unknown key of a flow causes a warning that says what was meant", "[keys]") {
  json source = chain({start(), task("a", {{"retries", 3}, {"frobnicate", 1}}), end()});
  source["transitions"] = json::array();
  source["nodes"][1]["kind"] = "task";
  source["edges"][0]["if"] = true;
  source["edges"][1]["data"] = {{"if", {{"var", "x"}}}, {"colour_of_the_sky", "blue"}};
  CHECK(
      unknown_keys(source) ==
      lines{
          "/transitions: unknown key \"transitions\"; did you mean \"edges\"?",
          "/nodes/1/kind: unknown key \"kind\"; did you mean \"type\"?",
          "/edges/0/if: unknown key \"if\"; did you mean \"when\"?",
          "/edges/1/data/colour_of_the_sky: unknown key \"colour_of_the_sky\"; known keys: "
          "when, label, on, on_error, on_timeout, each, body, into",
          "/edges/1/data/if: unknown key \"if\"; did you mean \"when\"?",
          "/nodes/1/data/frobnicate: nodes of type task do not read \"frobnicate\"; known "
          "keys: code_ref, allow, args, with, into, result, timeout, total_timeout, retry, effect, "
          "in_doubt, "
          "heartbeat_timeout, compensate, queue, allow_queues, function, codeRef, max_visits, "
          "label, description",
          "/nodes/1/data/retries: nodes of type task do not read \"retries\"; did you mean "
          "\"retry\"?"});
}

TEST_CASE("keys of editors and of the author cause no warning", "[keys]") {
  json source = chain({start(), task("a", {{"x-team", "billing"}, {"color", "red"}}), end()});
  source["$schema"] = "https://example.com/flow.json";
  source["viewport"] = {{"x", 1}, {"zoom", 2}};
  source["x-owner"] = "ada";
  source["nodes"][0]["position"] = {{"x", 0}, {"y", 0}};
  source["nodes"][0]["measured"] = {{"width", 10}};
  source["nodes"][0]["_note"] = "mine";
  source["edges"][0]["sourceHandle"] = "out";
  source["edges"][0]["animated"] = true;
  CHECK(unknown_keys(source).empty());
  CHECK(is_annotation("x-"));
  CHECK_FALSE(is_annotation("X-team"));
  CHECK_FALSE(is_annotation("xx"));
}

TEST_CASE("the number of reported unknown keys is limited", "[keys]") {
  json source = chain({start(), task("a"), end()});
  for (int i = 0; i < 5'000; ++i) {
    source["k" + std::to_string(i)] = 1;
    source["nodes"][1]["data"]["k" + std::to_string(i)] = 1;
  }
  CHECK(unknown_keys(source).size() == 2 * max_unknown_keys);
}

TEST_CASE("an unknown key in an object with fixed keys is an error with a hint", "[keys]") {
  const json source = chain({start(), task("a", {{"retry", {{"multiplier", 2}}}})});
  CHECK(message_of(source, "unknown_key") ==
        "node \"a\": unknown key \"multiplier\" in \"retry\"; did you mean \"backoff\"?");
}

TEST_CASE("a key of an edge outside its data is an error", "[keys]") {
  for (const char* const key : {"when", "on_error", "on_timeout", "each", "into"}) {
    CAPTURE(key);
    json source = chain({start(), end()});
    source["edges"][0][key] = true;
    CHECK(errors_of(source) == lines{"/edges/0/" + std::string{key} + " misplaced_key"});
  }
}

TEST_CASE("a rule in the args of a task causes a warning with its place", "[keys]") {
  const auto warnings = [](const json& args) {
    return warnings_of(chain({start(), task("a", {{"args", args}})}));
  };
  const std::string at = "/nodes/1/data/args";
  CHECK(warnings({{"v", {{"var", "x"}}}}) == lines{at + "/v rule_in_args"});
  CHECK(warnings({{"v", {1, {{"a~b", {{"+", {1, 2}}}}}}}}) == lines{at + "/v/1/a~0b rule_in_args"});
  CHECK(warnings({{"a", {{"var", "x"}}}, {"b", {{"if", {true, 1}}}}}) ==
        lines{at + "/a rule_in_args", at + "/b rule_in_args"});
  CHECK(warnings({{"limits", {{"max", 10}}}, {"log", {{"log", "text"}}}, {"n", 1}}).empty());
  CHECK(message_of(chain({start(), task("a", {{"args", {{"v", {{"var", "x"}}}}}})}),
                   "rule_in_args") ==
        "node \"a\": \"args\" are passed as they are written, so this rule is not evaluated; did "
        "you mean \"with\": {\"v\": …}?");
  CHECK(warnings({{"v", {"x", "to {{name}}"}}}) == lines{at + "/v/1 rule_in_args"});
  CHECK(mentions(
      message_of(chain({start(), task("a", {{"args", {{"v", "{{x}}"}}}})}), "rule_in_args"),
      "so this text is not filled in; did you mean \"with\": {\"v\": …}?"));
  CHECK(
      warnings_of(chain(
          {start(), task("a", {{"compensate",
                                {{"code_ref", "test.b"}, {"args", {{"v", {{"var", "x"}}}}}}}})})) ==
      lines{"/nodes/1/data/compensate/args/v rule_in_args"});
}

TEST_CASE("a node id, queue or signal that a URL cannot contain is refused", "[keys]") {
  for (const char* const dots : {".", ".."}) {
    CAPTURE(dots);
    CHECK(errors_of(chain({start(), task(dots)})).at(0) == "/nodes/1/id bad_id");
    CHECK(errors_of(chain({start(), task("a", {{"queue", dots}})})) ==
          lines{"/nodes/1/data/queue bad_queue"});
    CHECK(errors_of(chain({start(), node_of("a", "signal", {{"name", dots}})})) ==
          lines{"/nodes/1/data/name bad_signal_name"});
    json source = chain({start(), end()});
    source["name"] = dots;
    CHECK(errors_of(source) == lines{"/name bad_name"});
    CHECK(errors_of(chain({start(), node_of("a", "subflow", {{"flow", dots}})})) ==
          lines{"/nodes/1/data/flow bad_name"});
  }
}
