// The `definitions` and `vars` of a flow.

#include "flow/definition/own_rules.hpp"

#include "flow/definition/short_form.hpp"
#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using diagnosed = std::vector<std::string>;

const json is_big = {{"params", {"order"}}, {"rule", {{">", {var("order.total"), 100}}}}};

/// A flow that decides by a rule whether it goes to "yes" or "no".
json deciding(json definitions, json rule) {
  json flow = flow_of({start(), condition("c", std::move(rule)), task("yes"), task("no")},
                      {edge("start", "c"), edge("c", "yes", true), edge("c", "no", false)});
  flow["definitions"] = std::move(definitions);
  return flow;
}

diagnosed decision(const json& flow, json input) {
  driven_run run{flow};
  REQUIRE(run.begin(std::move(input)));
  return run.waiting_at();
}

json with_vars(json vars, std::vector<json> nodes) {
  json flow = chain(std::move(nodes));
  flow["vars"] = std::move(vars);
  return flow;
}

}  // namespace

TEST_CASE("a flow calls its own rules like operators", "[definitions]") {
  const json flow = deciding({{"is_big", is_big}}, {{"is_big", {var("order")}}});
  CHECK(errors_of(flow) == diagnosed{});
  CHECK(warnings_of(flow) == diagnosed{});
  CHECK(decision(flow, {{"order", {{"total", 101}}}}) == diagnosed{"yes"});
  CHECK(decision(flow, {{"order", {{"total", 100}}}}) == diagnosed{"no"});
}

TEST_CASE("own rules call each other, in values as in conditions", "[definitions]") {
  const json all = json::array({{{"none", json::array()}}, {{"with_tax", 100}}});
  json flow = chain(
      {start(),
       node_of("s", "set", {{"values", {{"price", {{"with_tax", {var("net")}}}}, {"all", all}}}}),
       end()});
  flow["definitions"] = {
      {"with_tax",
       {{"params", {"net"}}, {"rule", {{"rounded", json::array({{{"*", {var("net"), 1.2}}}})}}}}},
      {"rounded", {{"params", {"x"}}, {"rule", {{"round", {var("x"), 2}}}}}},
      {"none", {{"rule", nullptr}}}};
  // "none" is an operator.
  CHECK(errors_of(flow) == diagnosed{"/definitions/none reserved_name"});
  flow["definitions"].erase("none");
  flow["definitions"]["nothing"] = {{"rule", nullptr}};
  flow["nodes"][1]["data"]["values"]["all"][0] = {{"nothing", json::array()}};
  REQUIRE(errors_of(flow) == diagnosed{});
  driven_run run{flow};
  REQUIRE(run.begin({{"net", 10}}));
  CHECK(run.status() == run_status::completed);
  CHECK(run.data().at("price") == 12.0);
  CHECK(run.data().at("all") == json{nullptr, 120.0});
}

TEST_CASE("own rules are called on edges, in the output, in compensations and in items",
          "[definitions]") {
  json flow = flow_of(
      {start(), node_of("m", "map", {{"items", {1, 2, 3}}, {"result", {{"twice", {var("item")}}}}}),
       node_of("each", "set", {{"values", {{"x", 1}}}}), end("big"), end("small")},
      {edge("start", "m"), edge_on("each", "m", "each"),
       edge("m", "big", {{"has", {var("results"), 6}}}), edge("m", "small")});
  flow["definitions"] = {
      {"twice", {{"params", {"x"}}, {"rule", {{"*", {var("x"), 2}}}}}},
      {"has", {{"params", {"list", "x"}}, {"rule", {{"in", {var("x"), var("list")}}}}}}};
  flow["output"] = {{"last", {{"twice", {var("results.2")}}}}};
  REQUIRE(errors_of(flow) == diagnosed{});
  driven_run run{flow};
  REQUIRE(run.begin());
  REQUIRE(run.status() == run_status::completed);
  CHECK(run.state().output == json{{"last", 12}});
  CHECK(survives_restart(run));
}

TEST_CASE("texts with braces call own rules", "[definitions]") {
  const json definitions{{"price",
                          {{"params", {"cents", "unit"}},
                           {"rule", {{"cat", {{{"/", {var("cents"), 100}}}, " ", var("unit")}}}}}},
                         {"twice", {{"params", {"x"}}, {"rule", {{"*", {var("x"), 2}}}}}},
                         {"same", {{"params", {"x"}}, {"rule", var("x")}}}};
  const auto made = [&](const char* text) {
    json flow = chain({start(), node_of("s", "set", {{"values", {{"t", text}}}}), end()});
    flow["definitions"] = definitions;
    REQUIRE(errors_of(flow) == diagnosed{});
    driven_run run{flow};
    REQUIRE(run.begin({{"n", 250}, {"none", nullptr}, {"list", {1, {{"a", 2}}}}}));
    REQUIRE(run.status() == run_status::completed);
    return run.data().at("t");
  };
  CHECK(made("{{n | twice}}") == 500);
  CHECK(made("{{n | twice | price \"EUR\" | lower}}") == "5 eur");
  CHECK(made("costs {{ n | price \"{{x}} |\" }}, \\{{n}} {{n}}") == "costs 2.5 {{x}} |, {{n}} 250");
  CHECK(made("{{list | same}}") == json{1, {{"a", 2}}});
  CHECK(made("<{{list | same}}{{none | same}}>") == R"(<[1,{"a":2}]>)");
}

TEST_CASE("own rules are called in texts wherever these are values", "[definitions]") {
  json flow = chain({start(),
                     node_of("a", "task",
                             {{"code_ref", "f.{{kind | id}}"},
                              {"allow", {"f.x", "f.y"}},
                              {"with", {{"deep", {{"list", {"{{kind | id}}!"}}}}}}}),
                     end()});
  flow["definitions"] = {{"id", {{"params", {"x"}}, {"rule", var("x")}}}};
  flow["output"] = {{"kind", "{{kind | id}}"}};
  REQUIRE(errors_of(flow) == diagnosed{});
  CHECK(warnings_of(flow) == diagnosed{});
  driven_run run{flow};
  REQUIRE(run.begin({{"kind", "x"}}));
  REQUIRE(run.call_of("a") != nullptr);
  CHECK(run.call_of("a")->code_ref == "f.x");
  CHECK(run.call_of("a")->args == json{{"deep", {{"list", {"x!"}}}}});
  CHECK(survives_restart(run));
  REQUIRE(run.finish("a"));
  CHECK(run.state().output == json{{"kind", "x"}});
  // A rule has no texts with braces.
  flow["nodes"][1]["data"]["with"] = {{"same", {{"cat", {"{{kind | id}}"}}}}};
  driven_run same{flow};
  REQUIRE(same.begin({{"kind", "x"}}));
  CHECK(same.call_of("a")->args == json{{"same", "{{kind | id}}"}});
}

TEST_CASE("what is wrong with a call in a text is reported at the text",
          "[definitions][validation]") {
  json flow = chain({start(), node_of("s", "set", {{"values", {{"t", "x"}}}}), end()});
  flow["definitions"] = {{"id", {{"params", {"x"}}, {"rule", var("x")}}}};
  const auto errors = [&](const char* text) {
    flow["nodes"][1]["data"]["values"]["t"] = text;
    return errors_of(flow);
  };
  const std::string at = "/nodes/1/data/values/t ";
  CHECK(errors("{{n | id 2}}") == diagnosed{at + "wrong_argument_count"});
  CHECK(errors("a {{n | id}} {{n | id 1}}") == diagnosed{at + "wrong_argument_count"});
  CHECK(mentions(message_of(flow, "wrong_argument_count"), "not 2 (at byte 13 of the text)"));
  CHECK(errors("{{n | id | wat}}") == diagnosed{at + "unknown_operator"});
  CHECK(errors("{{n | wat | id}} ") == diagnosed{at + "unknown_operator"});
  CHECK(errors("{{n | id") == diagnosed{at + "invalid_text_template"});
  flow = chain({start(), condition("c", "{{n | id}}"), end()});
  flow["definitions"] = {{"id", {{"params", {"x"}}, {"rule", var("x")}}}};
  CHECK(errors_of(flow) == diagnosed{"/nodes/1/data/expr constant_rule"});
}

TEST_CASE("the body of an own rule counts against the budget of its caller", "[definitions]") {
  const json slow{{"reduce", {{{"range", {200'000}}}, {{"+", {var("current"), 1}}}, 0}}};
  const json flow = deciding({{"slow", {{"rule", slow}}}}, {{"and",
                                                             {{{"slow", json::array()}},
                                                              {{"slow", json::array()}},
                                                              {{"slow", json::array()}},
                                                              {{"slow", json::array()}}}}});
  driven_run run{flow};
  REQUIRE(run.begin());
  REQUIRE(run.status() == run_status::failed);
  CHECK(run.state().error->type == "limit_exceeded");
}

TEST_CASE("what is wrong with a definition is reported at its place", "[definitions][validation]") {
  const json call{{"f", {var("x")}}};
  const auto errors = [&](json definition) {
    return errors_of(deciding({{"f", std::move(definition)}}, call));
  };
  const json good = {{"params", {"a"}}, {"rule", var("a")}};
  CHECK(errors(good) == diagnosed{});
  CHECK(errors(7) ==
        diagnosed{"/definitions/f wrong_type", "/nodes/1/data/expr/f unknown_operator"});
  CHECK(errors({{"params", {"a"}}}) == diagnosed{"/definitions/f missing_key"});
  CHECK(errors({{"params", "a"}, {"rule", 1}}).front() == "/definitions/f/params wrong_type");
  CHECK(errors({{"params", {"a.b"}}, {"rule", 1}}).front() == "/definitions/f/params wrong_type");
  CHECK(errors({{"params", {"a", "a"}}, {"rule", 1}}).front() ==
        "/definitions/f/params/1 contradiction");
  CHECK(errors({{"params", {"a"}}, {"rule", 1}, {"body", 2}}) ==
        diagnosed{"/definitions/f/body unknown_key"});
  CHECK(errors({{"params", {"a"}}, {"rule", {{"!", {{"wat", 1}}}}}}) ==
        diagnosed{"/definitions/f/rule/!/wat unknown_operator"});
  json flow = deciding({{"f", good}}, call);
  flow["definitions"] = 7;
  CHECK(errors_of(flow).front() == "/definitions wrong_type");
  CHECK(errors_of(deciding({{"var", good}, {"f", good}}, call)) ==
        diagnosed{"/definitions/var reserved_name"});
  CHECK(warnings_of(deciding({{"f", {{"params", {"a"}}, {"rule", var("b.c")}}}}, call)) ==
        diagnosed{"/definitions/f/params/0 unused_parameter",
                  "/definitions/f/rule unknown_parameter"});
  const auto unused = [&](json rule) {
    return warnings_of(deciding({{"f", {{"params", {"a"}}, {"rule", std::move(rule)}}}}, call));
  };
  CHECK(unused(true) == diagnosed{"/definitions/f/params/0 unused_parameter"});
  CHECK(unused(var("a.b")) == diagnosed{});
  CHECK(unused({{"missing", {"a"}}}) == diagnosed{});
  CHECK(unused(var("")) == diagnosed{});
  CHECK(unused({{"var", {{{"cat", {"a", "b"}}}}}}) == diagnosed{});
  CHECK(warnings_of(deciding({{"f", good}, {"g", good}}, call)) ==
        diagnosed{"/definitions/g unused_definition"});
}

TEST_CASE("what is wrong with a call is reported where it is written",
          "[definitions][validation]") {
  const json definitions{{"is_big", is_big}, {"id", {{"params", {"x"}}, {"rule", var("x")}}}};
  const auto errors = [&](json rule) { return errors_of(deciding(definitions, std::move(rule))); };
  CHECK(errors({{"is_big", json::array()}}) ==
        diagnosed{"/nodes/1/data/expr/is_big wrong_argument_count"});
  CHECK(errors({{"and", {true, {{"is_big", {1, 2}}}}}}) ==
        diagnosed{"/nodes/1/data/expr/and/1/is_big wrong_argument_count"});
  CHECK(errors(json::parse(R"({"is_big": [{"id": [{"wat": 1}]}]})")) ==
        diagnosed{"/nodes/1/data/expr/is_big/0/id/0/wat unknown_operator"});
  CHECK(errors({{"is_big", {{{"get", {1}}}}}}) ==
        diagnosed{"/nodes/1/data/expr/is_big/0/get wrong_argument_count"});
  // In the short form, too.
  const json in_short = json::parse(R"({"name": "f", "nodes": [
      {"id": "c", "type": "condition", "expr": {"is_big": [{"wat": 1}]}, "then": null}]})");
  json flow = in_short;
  flow["definitions"] = {{"is_big", is_big}};
  CHECK(errors_of(flow) == diagnosed{"/nodes/0/expr/is_big/0/wat unknown_operator"});
}

TEST_CASE("a misspelt call of a definition is reported with what was meant",
          "[definitions][validation]") {
  const json definitions{{"is_big", is_big}};
  const json call{{"is_big", {var("order")}}};
  json flow = deciding(definitions, {{"and", {call, {{"is_bgi", {var("order")}}}}}});
  CHECK(errors_of(flow) == diagnosed{"/nodes/1/data/expr/and/1/is_bgi unknown_operator"});
  CHECK(mentions(message_of(flow, "unknown_operator"), "did you mean the definition \"is_big\"?"));

  // Where a value stands, it may be data.
  flow = chain({start(), condition("c", call),
                node_of("s", "set", {{"values", {{"big", {{"is_bgi", {var("order")}}}}}}}), end()});
  flow["definitions"] = definitions;
  CHECK(errors_of(flow) == diagnosed{});
  CHECK(warnings_of(flow) == diagnosed{"/nodes/2/data/values/big/is_bgi unknown_operator"});
  CHECK(mentions(message_of(flow, "unknown_operator"), "did you mean \"is_big\"?"));
  flow["nodes"][2]["data"]["values"]["big"] = {{"is_bgi", true}};
  CHECK(warnings_of(flow) == diagnosed{});
}

TEST_CASE("a definition must not call itself, and calls must not grow without limit",
          "[definitions][validation]") {
  const auto calls = [](const char* other) {
    return json{{"params", {"x"}}, {"rule", {{other, {var("x")}}}}};
  };
  const json call{{"a", {1}}};
  CHECK(errors_of(deciding({{"a", calls("a")}}, call)) ==
        diagnosed{"/definitions/a/rule recursive_definition"});
  const json loop = deciding({{"a", calls("b")}, {"b", calls("c")}, {"c", calls("b")}}, call);
  CHECK(errors_of(loop).size() == 1);
  CHECK(mentions(message_of(loop, "recursive_definition"), "\"b\" calls \"c\" calls \"b\""));
  // Each calls the one before twice.
  json growing = json::object();
  growing["f0"] = {{"params", {"x"}}, {"rule", {{"!", {var("x")}}}}};
  for (int i = 1; i < 60; ++i) {
    const std::string before = "f" + std::to_string(i - 1);
    growing["f" + std::to_string(i)] = {
        {"params", {"x"}}, {"rule", {{"and", {{{before, {var("x")}}}, {{before, {var("x")}}}}}}}};
  }
  const auto errors = errors_of(deciding(growing, {{"f59", {1}}}));
  REQUIRE(errors.size() == 1);
  CHECK(mentions(errors.front(), " rule_too_"));
}

TEST_CASE("names and literals do not call own rules", "[definitions]") {
  json flow = chain({start(),
                     node_of("t", "task",
                             {{"code_ref", "x"},
                              {"args", {{"f", json::array()}}},
                              {"with", {{"a", {{"literal", {{"f", json::array()}}}}}}}}),
                     node_of("s", "set", {{"values", {{"f", {{"f", json::array()}}}}}})});
  flow["definitions"] = {{"f", {{"rule", 7}}}};
  driven_run run{flow};
  REQUIRE(run.begin());
  CHECK(run.call_of("t")->args == json{{"a", {{"f", json::array()}}}, {"f", json::array()}});
  REQUIRE(run.finish("t"));
  CHECK(run.data() == json{{"f", 7}});
}

TEST_CASE("a flow is kept with its definitions and variables as they are written",
          "[definitions][vars]") {
  json flow = deciding({{"is_big", is_big}}, {{"is_big", {var("order")}}});
  flow["vars"] = {{"limit", 5}};
  const auto made = compile(flow, test_version, {});
  REQUIRE(made.flow);
  const json kept = to_json(made.source);
  CHECK(kept.at("definitions") == flow.at("definitions"));
  CHECK(kept.at("vars") == flow.at("vars"));
  CHECK(kept.at("nodes")[1].at("data").at("expr") == json{{"is_big", {var("order")}}});
  const json in_short = to_short_form(made.source);
  CHECK(to_json(compile(in_short, test_version, {}).source) == kept);
}

TEST_CASE("variables are computed once, when the run starts", "[vars]") {
  driven_run run{with_vars({{"limit", 100},
                            {"due", {{"+", {var("days"), 1}}}},
                            {"who", "{{name}}/{{run_id}}"},
                            {"of", {{"deep", {var("days"), "x"}}}}},
                           {start(), task("a", {{"into", "days"}}),
                            node_of("s", "set", {{"values", {{"seen", var("vars")}}}})})};
  REQUIRE(run.begin({{"days", 1}, {"name", "ada"}}));
  const json expected{{"limit", 100}, {"due", 2}, {"who", "ada/r1"}, {"of", {{"deep", {1, "x"}}}}};
  CHECK(run.state().vars == expected);
  CHECK(run.last().change.vars == expected);
  CHECK(run.data() == json{{"days", 1}, {"name", "ada"}});  // not part of the data
  REQUIRE(run.apply(pause_command{}));
  REQUIRE(run.finish("a", json(50)));
  REQUIRE(run.apply(set_data_command{std::nullopt, "", {{"vars", "hidden"}}}));
  REQUIRE(run.apply(resume_command{}));
  CHECK(run.data().at("seen") == expected);
  CHECK(run.data().at("days") == 50);
  CHECK(survives_restart(run));
}

TEST_CASE("a run whose variables cannot be computed is not started", "[vars]") {
  driven_run run{with_vars({{"rate", {{"/", {1, var("n")}}}}}, {start(), task("a")})};
  const auto refused = run.begin({{"n", 0}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().type == "invalid_vars");
  CHECK(mentions(refused.error().message, "the \"vars\" of flow \"test\" cannot be computed"));
  CHECK(run.state().sequence == 0);
  REQUIRE(run.begin({{"n", 2}}));
  CHECK(run.state().vars == json{{"rate", 0.5}});
}

TEST_CASE("the variables of a flow are checked", "[vars][validation]") {
  const auto flow = [](json vars, json expr) {
    return with_vars(std::move(vars), {start(), condition("c", std::move(expr)), end()});
  };
  CHECK(errors_of(flow(7, true)) == diagnosed{"/vars wrong_type"});
  CHECK(errors_of(flow({{"a.b", 1}}, true)) == diagnosed{"/vars/a.b bad_name"});
  CHECK(errors_of(flow({{"a", {{"!", {{"wat", 1}}}}}}, true)) ==
        diagnosed{"/vars/a/!/wat unknown_operator"});
  const json vars{{"limit", 1}};
  CHECK(warnings_of(flow(vars, var("vars.limit"))) == diagnosed{});
  CHECK(warnings_of(flow(vars, var("vars.limt"))) ==
        diagnosed{"/nodes/1/data/expr unknown_variable"});
  CHECK(mentions(message_of(flow(vars, var("vars.limt.x")), "unknown_variable"),
                 "did you mean \"limit\"?"));
  CHECK(warnings_of(flow(vars, {{"filter", {var("x"), var("vars.limt")}}})) == diagnosed{});
  const json both{{"limit", 1}, {"twice", {{"*", {var("vars.limit"), 2}}}}};
  CHECK(warnings_of(flow(both, true)) == diagnosed{"/vars/twice unknown_variable"});
  CHECK(mentions(message_of(flow(both, true), "unknown_variable"),
                 "variables cannot read each other, so \"vars.limit\" is absent here"));
  // In the body of an iteration, "var" reads the item.
  const json body{{"filter", {var("x"), {{">", {var("price"), var("vars.limit")}}}}}};
  CHECK(warnings_of(flow(vars, body)) == diagnosed{"/nodes/1/data/expr variable_in_body"});
  CHECK(message_of(flow(vars, body), "variable_in_body") ==
        "in the body of \"filter\", \"vars.limit\" is read from the item; the variable is "
        "{\"val\":[[2],\"vars\",\"limit\"]}");
  // Without variables, "vars" is a key of the data.
  CHECK(warnings_of(flow(nullptr, var("vars.limt"))) == diagnosed{});
}

TEST_CASE("attributes call own rules and read variables", "[definitions][vars][attributes]") {
  json flow = chain({start(), task("a")});
  flow["vars"] = {{"limit", 2}};
  flow["definitions"] = {{"twice", {{"params", {"x"}}, {"rule", {{"*", {var("x"), 2}}}}}}};
  flow["attributes"] = {{"double", {{"twice", {var("n")}}}},
                        {"limit", {{"rule", var("vars.limit")}, {"type", "number"}}}};
  REQUIRE(errors_of(flow) == diagnosed{});
  CHECK(warnings_of(flow) == diagnosed{});
  driven_run run{flow};
  REQUIRE(run.begin({{"n", 3}}));
  CHECK(attributes_to_json(run.state().attributes->values) == json{{"double", 6}, {"limit", 2}});
  CHECK(survives_restart(run));
  flow["attributes"]["limit"]["rule"] = var("vars.limt");
  CHECK(warnings_of(flow) == diagnosed{"/attributes/limit unknown_variable"});
  flow["attributes"]["double"] = {{"twice", json::array()}};
  CHECK(errors_of(flow) == diagnosed{"/attributes/double/twice wrong_argument_count"});
}
