// The top of a flow: settings for all nodes of a type, values that an input lacks, the output.

#include "flow/definition/input_defaults.hpp"
#include "flow/nodes/node.hpp"
#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

json with_defaults(json defaults, std::vector<json> nodes) {
  json flow = chain(std::move(nodes));
  flow["defaults"] = std::move(defaults);
  return flow;
}

/// The data of the only node, with its defaults.
json data_of(json defaults, json node) {
  std::vector<diagnostic> diagnostics;
  const json flow = with_defaults(std::move(defaults), {std::move(node)});
  const definition read = parse_definition(flow, diagnostics);
  CHECK(codes(diagnostics) == lines{});
  return read.nodes.at(0).data;
}

json filled(const json& schema, json value) {
  input_defaults{schema}.fill(value);
  return value;
}

}  // namespace

TEST_CASE("a node has the settings of its type that it does not set", "[defaults]") {
  const json of_tasks{{"task", {{"timeout", "5s"}, {"retry", {{"max_attempts", 4}}}}}};
  CHECK(data_of(of_tasks, task("a")) ==
        json{{"code_ref", "test.a"}, {"timeout", "5s"}, {"retry", {{"max_attempts", 4}}}});
  CHECK(data_of(of_tasks, task("a", {{"timeout", "1s"}, {"retry", nullptr}})) ==
        json{{"code_ref", "test.a"}, {"timeout", "1s"}, {"retry", nullptr}});
  CHECK(data_of(of_tasks, task("a", {{"retry", {{"jitter", 0}}}})).at("retry") ==
        json{{"max_attempts", 4}, {"jitter", 0}});
  CHECK(data_of(of_tasks, node_of("s", "set", {{"values", {{"x", 1}}}})) ==
        json{{"values", {{"x", 1}}}});
  CHECK(data_of({{"python", {{"function", "f"}}}}, node_of("a", "python")) ==
        json{{"code_ref", "f"}});
}

TEST_CASE("a default that is a rule is not merged", "[defaults]") {
  const json of_http{{"http", {{"url", {{"cat", {"https://", var("host")}}}}}}};
  CHECK(data_of(of_http, node_of("a", "http", {{"url", var("url")}})).at("url") == var("url"));
  CHECK(data_of({{"http", {{"json", {{"a", 1}}}}}},
                node_of("a", "http", {{"url", "https://x.example"}, {"json", var("x")}}))
            .at("json") == var("x"));
}

TEST_CASE("maps of names are merged even if a name is an operator", "[defaults]") {
  CHECK(
      data_of({{"task", {{"args", {{"max", 5}}}}}}, task("a", {{"args", {{"b", 1}}}})).at("args") ==
      json{{"max", 5}, {"b", 1}});
  CHECK(data_of({{"http", {{"query", {{"a", "5"}}}}}},
                node_of("a", "http", {{"url", "https://x.example"}, {"query", {{"in", "1"}}}}))
            .at("query") == json{{"a", "5"}, {"in", "1"}});
}

TEST_CASE("the canonical form of a flow keeps its defaults apart", "[defaults]") {
  const json flow = with_defaults({{"task", {{"timeout", "5s"}}}}, {start(), task("a")});
  const auto made = compile(flow, test_version, {});
  REQUIRE(made.flow);
  json canonical = to_json(made.source);
  CHECK(canonical.at("defaults") == flow.at("defaults"));
  CHECK(canonical.at("nodes").at(1) == flow.at("nodes").at(1));
  CHECK(to_json(compile(canonical, test_version, {}).source) == canonical);
}

TEST_CASE("problems of defaults are reported where they stand", "[defaults][validation]") {
  const auto errors = [](json defaults, json node = task("a")) {
    return errors_of(with_defaults(std::move(defaults), {std::move(node)}));
  };
  CHECK(errors(7) == lines{"/defaults wrong_type"});
  CHECK(errors({{"task", 7}}) == lines{"/defaults/task wrong_type"});
  CHECK(errors({{"tusk", json::object()}}) == lines{"/defaults/tusk unknown_node_type"});
  CHECK(errors({{"task", {{"timeout", "x"}}}}) == lines{"/defaults/task/timeout bad_duration"});
  CHECK(errors({{"task", {{"timeout", "x"}}}}, task("a", {{"timeout", "1s"}})) == lines{});
  CHECK(warnings_of(with_defaults({{"task", {{"retries", 3}}}}, {task("a"), task("b")})) ==
        lines{"/defaults/task/retries unknown_key"});
}

TEST_CASE("the defaults of a type are in force when its nodes run", "[defaults]") {
  driven_run run{
      with_defaults({{"task", {{"into", "made"}, {"retry", {{"jitter", 0}}}}}}, {task("a")})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", fail("busy", "no")));
  REQUIRE(run.fire_timer());
  REQUIRE(run.finish("a", json(7)));
  CHECK(run.data() == json{{"made", 7}});
}

TEST_CASE("properties that an input lacks get the defaults of their schemas", "[defaults]") {
  const json schema = json::parse(R"({
    "properties": {"currency": {"default": "EUR"}, "note": {"default": null},
                   "options": {"properties": {"fast": {"default": true}}},
                   "limits": {"default": {}, "properties": {"max": {"default": 3}}},
                   "free": true}})");
  CHECK(filled(schema, json::object()) ==
        json{{"currency", "EUR"}, {"note", nullptr}, {"limits", {{"max", 3}}}});
  CHECK(filled(schema, {{"currency", "USD"}, {"options", json::object()}, {"limits", 5}}) ==
        json{{"currency", "USD"}, {"note", nullptr}, {"options", {{"fast", true}}}, {"limits", 5}});
  CHECK(filled(schema, 7) == 7);
  for (const json& odd : {json(true), json::object(), json{{"properties", 1}}})
    CHECK(filled(odd, json::object()) == json::object());
}

TEST_CASE("an input is checked with its defaults, and a restart has them, too", "[defaults]") {
  json flow = chain({start(), task("a")});
  flow["input_schema"] = {{"required", {"currency"}},
                          {"properties", {{"currency", {{"default", "EUR"}}}}}};
  driven_run run{flow};
  REQUIRE(run.begin({{"amount", 1}}));
  CHECK(run.data() == json{{"amount", 1}, {"currency", "EUR"}});
  CHECK(*run.last().change.input->data == run.data());
  flow["input_schema"]["properties"]["currency"]["type"] = "number";
  driven_run refused{flow};
  const auto why = refused.begin();
  REQUIRE_FALSE(why);
  CHECK(why.error().diagnostics.at(0).pointer == "/currency");
}

TEST_CASE("a completed run gives the output of its flow", "[output]") {
  json flow = chain({start(), task("a", {{"into", "x"}})});
  flow["output"] = {{"sum", {{"+", {var("x"), var("n")}}}}, {"run", "{{run_id}}"}};
  driven_run run{flow};
  REQUIRE(run.begin({{"n", 2}}));
  CHECK_FALSE(run.state().output);
  REQUIRE(run.finish("a", json(40)));
  REQUIRE(run.status() == run_status::completed);
  CHECK(run.state().output == json{{"sum", 42}, {"run", "r1"}});
  CHECK(run.last().change.output == run.state().output);
  CHECK(survives_restart(run));
  CHECK(to_json(compile(flow, test_version, {}).source).at("output") == flow["output"]);
}

TEST_CASE("a run whose output cannot be computed fails, and can be corrected", "[output]") {
  json flow = chain({start(), task("a", {{"into", "x"}, {"compensate", {{"code_ref", "undo"}}}})});
  flow["output"] = {{"/", {1, var("x")}}};
  driven_run again{flow};
  REQUIRE(again.begin());
  REQUIRE(again.finish("a", json(0)));
  CHECK(again.status() == run_status::failed);
  CHECK(again.state().error->type == "invalid_output");
  CHECK(again.calls().empty());  // all steps have succeeded, so none is compensated
  CHECK(survives_restart(again));
  REQUIRE(again.apply(retry_command{{}, ""}));
  CHECK(again.status() == run_status::failed);
  REQUIRE(again.apply(set_data_command{std::nullopt, "", {{"x", 2}}}));
  REQUIRE(again.apply(retry_command{{}, ""}));
  CHECK(again.status() == run_status::completed);
  CHECK(again.state().output == 0.5);
}

TEST_CASE("the output is checked like other values", "[output][validation]") {
  json flow = chain({start()});
  flow["output"] = {{"!", {{"wat", 1}}}};
  CHECK(errors_of(flow) == lines{"/output/!/wat unknown_operator"});
  flow["output"] = nullptr;
  CHECK(errors_of(flow) == lines{});
  limits small;
  small.max_state_bytes = 1'000;
  flow["output"] = {{"split", {std::string(600, ','), ","}}};
  driven_run run{flow, small};
  REQUIRE(run.begin());
  CHECK(run.status() == run_status::failed);
  CHECK(mentions(run.state().error->message, "run.max_state_bytes"));
}

TEST_CASE("a run that a node fails in the same words cannot be retried", "[output]") {
  driven_run run{
      chain({start(), node_of("f", "fail", {{"message", "no"}, {"error", "invalid_output"}})})};
  REQUIRE(run.begin());
  REQUIRE(run.status() == run_status::failed);
  CHECK(run.state().error->type == "invalid_output");
  const auto refused = run.apply(retry_command{{}, ""});
  CHECK(refused.has_value() == !run.state().tokens.empty());
}
