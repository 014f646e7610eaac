// The top of a flow: settings for all nodes of a type, values that an input lacks, the output, the
// attributes of its runs.

#include "flow/definition/input_defaults.hpp"

#include "flow/definition/short_form.hpp"
#include "flow/nodes/node.hpp"
#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;
using pawl::testing::contains;

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

json declaring(json attributes, std::vector<json> nodes = {start(), task("a", {{"into", "x"}}),
                                                           task("b", {{"into", "y"}})}) {
  json flow = chain(std::move(nodes));
  flow["attributes"] = std::move(attributes);
  return flow;
}

const attribute_map& values_of(const driven_run& run) {
  return run.state().attributes->values;
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

TEST_CASE("a flow says how much of its histories is kept", "[definition]") {
  json flow = chain({start(), task("a"), end()});
  limits allowed;
  allowed.history_checkpoints = 7;
  CHECK(compiled(flow, allowed)->allowed().history_checkpoints == 7);
  for (const json& kept : {json("full"), json(1), json(1000)}) {
    flow["history"] = kept;
    CHECK(to_json(compile(flow, test_version, {}).source).at("history") == kept);
    CHECK(compiled(flow, allowed)->allowed().history_checkpoints ==
          (kept == "full" ? 0 : kept.get<std::uint64_t>()));
  }
  for (const json& wrong : {json(0), json(-1), json("some"), json(1.5), json(true)}) {
    flow["history"] = wrong;
    CHECK(errors_of(flow) == std::vector<std::string>{"/history wrong_value"});
  }
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

TEST_CASE("attributes follow the data of a run", "[attributes]") {
  driven_run run{declaring({{"customer", var("order.customer")},
                            {"x", var("x")},
                            {"due", {{"rule", var("due")}, {"type", "time"}}},
                            {"place", "{{run_id}}/{{order.customer}}"}})};
  REQUIRE(run.begin({{"order", {{"customer", "acme"}}}, {"due", "2026-01-31T09:30:00.0009Z"}}));
  CHECK(attributes_to_json(values_of(run)) == json{{"customer", "acme"},
                                                   {"due", {{"time", "2026-01-31T09:30:00.000Z"}}},
                                                   {"place", "r1/acme"}});
  CHECK(run.last().change.attributes == run.state().attributes);
  REQUIRE(run.finish("a", json(true)));
  CHECK(values_of(run).at("x") == attribute_value{true});
  CHECK(survives_restart(run));
  REQUIRE(run.finish("b", json(7)));
  CHECK_FALSE(run.last().change.attributes);  // no attribute reads y
  CHECK(summarize(run.state()).attributes.values == values_of(run));
}

TEST_CASE("a value that cannot be an attribute is a problem of it, not of the run",
          "[attributes]") {
  driven_run run{declaring({{"x", {{"rule", var("x")}, {"type", "number"}}},
                            {"long", var("long")},
                            {"work", {{"reduce", {var("many"), {{"+", {1, 1}}}, 0}}}}})};
  json many = json::array();
  for (int i = 0; i < 5'000; ++i) many.push_back(i);
  REQUIRE(run.begin({{"x", 1}, {"long", std::string(300, 'x')}, {"many", many}}));
  CHECK(values_of(run) == attribute_map{{"x", 1.0}});
  const auto& problems = run.state().attributes->problems;
  CHECK(problems.at("long") == "the value has 300 bytes; the maximum is 256");
  CHECK(problems.at("work").size() <= 260);
  REQUIRE(run.finish("a", json("seven")));
  CHECK(run.status() == run_status::running);
  CHECK(values_of(run).empty());
  CHECK(run.state().attributes->problems.at("x") == "the value must be a number, not a text");
  CHECK(survives_restart(run));
  REQUIRE(run.finish("b"));
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("null takes the value of an attribute away", "[attributes]") {
  driven_run run{declaring({{"x", var("x")}})};
  REQUIRE(run.begin({{"x", "here"}}));
  REQUIRE(run.finish("a", json(nullptr)));
  CHECK(run.state().attributes->empty());
  REQUIRE(run.last().change.attributes);
  CHECK(survives_restart(run));
}

TEST_CASE("a run without attributes has none in its deltas and states", "[attributes]") {
  driven_run run{chain({start(), task("a")})};
  REQUIRE(run.begin({{"x", 1}}));
  CHECK_FALSE(run.last().change.attributes);
  CHECK(run.state().attributes == shared_attributes{});
}

TEST_CASE("given attributes stay beside computed ones", "[attributes]") {
  driven_run run{declaring({{"x", var("x")}})};
  start_command start;
  start.key = {default_scope(), run_id{"r1"}};
  start.flow = run.flow().id();
  start.attributes = {{"team", "blue"}};
  REQUIRE(run.apply(std::move(start)));
  REQUIRE(run.finish("a", json(1)));
  CHECK(values_of(run) == attribute_map{{"team", "blue"}, {"x", 1.0}});
  CHECK(survives_restart(run));
}

TEST_CASE("attributes of a start are checked against those that the flow declares",
          "[attributes]") {
  const json flow = declaring(
      {{"customer", var("c")}, {"team", {{"type", "text"}}}, {"due", {{"type", "time"}}}});
  const auto begin = [&](attribute_map given) {
    driven_run run{flow};
    start_command start;
    start.key = {default_scope(), run_id{"r1"}};
    start.flow = run.flow().id();
    start.attributes = std::move(given);
    const auto begun = run.apply(std::move(start));
    return begun ? attributes_to_json(values_of(run)).dump() : begun.error().message;
  };
  CHECK(begin({{"team", "blue"}, {"free", 3.0}, {"due", "2026-01-31T09:30:00Z"}}) ==
        R"({"due":{"time":"2026-01-31T09:30:00.000Z"},"free":3,"team":"blue"})");
  CHECK(begin({{"customer", "x"}}) ==
        "attribute \"customer\": the flow computes it; do not give it");
  CHECK(begin({{"team", true}}) == "attribute \"team\": the value must be a text, not a boolean");
  CHECK(contains(begin({{"due", "soon"}}), "attribute \"due\": "));
  attribute_map many;
  for (int i = 0; i < 14; ++i) many["n" + std::to_string(i)] = 1.0;
  CHECK(contains(begin(many), "the run would have 17 attributes"));
}

TEST_CASE("problems of declared attributes are reported where they stand",
          "[attributes][validation]") {
  const auto errors = [](json attributes) { return errors_of(declaring(std::move(attributes))); };
  CHECK(errors({{"customer", var("c")}, {"total", {{"rule", var("t")}, {"type", "number"}}}}) ==
        lines{});
  CHECK(errors(7) == lines{"/attributes wrong_type"});
  CHECK(errors({{"a b", var("c")}}) == lines{"/attributes/a b bad_name"});
  CHECK(errors({{"a", json::array()}}) == lines{"/attributes/a wrong_type"});
  CHECK(errors({{"a", {{"vra", "c"}}}}) == lines{"/attributes/a wrong_type"});
  CHECK(errors({{"a", {{"rule", var("c")}, {"type", "date"}}}}) ==
        lines{"/attributes/a/type unknown_type"});
  CHECK(errors({{"a", {{"rule", var("c")}, {"typ", "text"}}}}) ==
        lines{"/attributes/a/typ unknown_key"});
  json many = json::object();
  for (int i = 0; i < 17; ++i) many["a" + std::to_string(i)] = var("c");
  CHECK(errors(many) == lines{"/attributes too_many"});
}

TEST_CASE("the attributes of a flow are kept in both of its forms", "[attributes]") {
  const json flow = declaring({{"customer", var("c")}});
  const auto made = compile(flow, test_version, {});
  REQUIRE(made.flow);
  CHECK(to_json(made.source).at("attributes") == flow.at("attributes"));
  CHECK(to_short_form(made.source).at("attributes") == flow.at("attributes"));
}
