// Where the data of a node wants a value, it has a template; see flow/logic/value_template.hpp.

#include <array>
#include <string>

#include "flow/testing/driven_run.hpp"
#include "flow/testing/flows.hpp"
#include "tests/support/catch.hpp"

namespace pawl::flow {
namespace {

using namespace testing;

/// A template with everything that a template can have, and its value for the input below.
const json template_written = json::parse(R"({
  "id": {"var": "id"},
  "text": {"cat": ["order ", {"var": "id"}]},
  "inner": {"user": {"name": {"var": "name"}}},
  "list": [{"var": "id"}, {"omit": []}, "x"],
  "gone": {"omit": []},
  "rule": {"literal": {"var": "id"}}})");
const json template_built =
    json::parse(R"({"id": 7, "text": "order 7", "inner": {"user": {"name": "Ada"}},
  "list": [7, "x"], "rule": {"var": "id"}})");
const json template_input = json::parse(R"({"id": 7, "name": "Ada", "items": [1, 2]})");

/// A place for a value in the data of a node: the data, and the pointer of the place in it.
struct place {
  const char* what;
  const char* type;
  const char* data;
  const char* at;
};

constexpr std::array value_places = {
    place{"with of a task", "task", R"({"code_ref": "test.n"})", "/with/x"},
    place{"values of set", "set", R"({})", "/values/x"},
    place{"json of http", "http", R"({"url": "http://h/", "method": "POST"})", "/json"},
    place{"input of a subflow", "subflow", R"({"flow": "child"})", "/input"},
    place{"question", "interrupt", R"({})", "/question"},
    place{"message of fail", "fail", R"({})", "/message"},
    place{"items of a map", "map", R"({})", "/items"},
    place{"result of a map", "map", R"({"items": {"var": "items"}})", "/result"},
    place{"a query parameter", "http", R"({"url": "http://h/"})", "/query/q"},
};

json flow_with(const place& p, const json& value) {
  json data = json::parse(p.data);
  data[json::json_pointer{p.at}] = value;
  const json node = node_of("n", p.type, data);
  if (std::string{p.type} != "map") return chain({start(), node});
  return flow_of({start(), node, end("item")}, {edge("start", "n"), edge_on("each", "n", "item")});
}

}  // namespace

TEST_CASE("every place for a value takes a template", "[template]") {
  for (const auto& p : value_places) {
    CAPTURE(p.what);
    const std::string type = p.at;
    // A query parameter is no object, and the items of a map are an array.
    const bool is_list = type == "/query/q" || type == "/items";
    const json value = is_list ? json::array({{{"var", "id"}}, "x"}) : template_written;
    CHECK(errors_of(flow_with(p, value)).empty());
    CHECK(warnings_of(flow_with(p, value)).empty());
  }
}

TEST_CASE("every place for a value warns of a misspelt operator, with its pointer", "[template]") {
  for (const auto& p : value_places) {
    CAPTURE(p.what);
    if (std::string{p.at} == "/query/q") continue;  // an object is refused there
    const auto warnings = warnings_of(flow_with(p, {{"vra", "id"}}));
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0] == "/nodes/1/data" + std::string{p.at} + "/vra unknown_operator");
  }
}

TEST_CASE("a rule in any place for a value is checked, with its pointer", "[template]") {
  for (const auto& p : value_places) {
    CAPTURE(p.what);
    const json broken = json::array({{{"+", {{{"vra", "id"}}, 1}}}});
    const json value = std::string{p.at} == "/input" ? json{{"a", broken}} : broken;
    const std::string inside = std::string{p.at} == "/input" ? "/a" : "";
    CHECK(errors_of(flow_with(p, value)) ==
          std::vector<std::string>{"/nodes/1/data" + std::string{p.at} + inside +
                                   "/0/+/0/vra unknown_operator"});
  }
}

TEST_CASE("the values of set, with and json are built from their templates", "[template]") {
  driven_run stored{chain({start(), node_of("n", "set", {{"values", template_written}})})};
  REQUIRE(stored.begin(template_input));
  json expected = template_input;
  expected.update(template_built);
  CHECK(stored.data() == expected);

  const json http{{"url", {{"cat", {"http://h/", {{"var", "id"}}}}}},
                  {"method", "POST"},
                  {"headers", {{"a", {{"var", "name"}}}, {"b", {{"omit", json::array()}}}}},
                  {"query", {{"q", {{{"var", "id"}}, "x"}}}},
                  {"json", template_written}};
  driven_run run{chain(
      {start(), task("n", {{"with", {{"body", template_written}}}}), node_of("h", "http", http)})};
  REQUIRE(run.begin(template_input));
  CHECK(run.call_of("n")->args == json{{"body", template_built}});
  REQUIRE(run.finish("n"));
  const json& args = run.call_of("h")->args;
  CHECK(args["url"] == "http://h/7");
  CHECK(args["headers"] == json{{"a", "Ada"}});
  CHECK(args["query"] == json{{"q", {7, "x"}}});
  CHECK(args["json"] == template_built);
}

TEST_CASE("an argument of http that a rule omits is absent", "[template]") {
  const json maybe = json::parse(R"({"if": [{"var": "text"}, {"var": "text"}, {"omit": []}]})");
  const json flow = chain(
      {start(), node_of("h", "http", {{"url", "http://h/"}, {"method", "POST"}, {"body", maybe}})});
  driven_run without{flow};
  REQUIRE(without.begin());
  CHECK_FALSE(without.call_of("h")->args.contains("body"));
  driven_run with{flow};
  REQUIRE(with.begin({{"text", "hello"}}));
  CHECK(with.call_of("h")->args["body"] == "hello");
}

TEST_CASE("the question, message, input, items and result are built from templates", "[template]") {
  driven_run asking{chain({start(), node_of("n", "interrupt", {{"question", template_written}})})};
  REQUIRE(asking.begin(template_input));
  CHECK(*asking.state().tokens[0].question == template_built);

  driven_run failing{chain({start(), node_of("n", "fail", {{"message", template_written}})})};
  REQUIRE(failing.begin(template_input));
  CHECK(failing.state().error->message == template_built.dump());

  driven_run parent{
      chain({start(), node_of("n", "subflow", {{"flow", "child"}, {"input", template_written}})})};
  REQUIRE(parent.begin(template_input));
  CHECK(parent.call_of("n")->args == template_built);

  const json items = json::array({{{"var", "id"}}, {{"omit", json::array()}}, {{"var", "name"}}});
  const json result{{"of", {{"var", "item"}}}, {"at", {{"var", "index"}}}};
  driven_run mapped{
      flow_of({start(), node_of("n", "map", {{"items", items}, {"result", result}}), end("item")},
              {edge("start", "n"), edge_on("each", "n", "item")})};
  REQUIRE(mapped.begin(template_input));
  CHECK(mapped.data()["results"] ==
        json::array({{{"of", 7}, {"at", 0}}, {{"of", "Ada"}, {"at", 1}}}));
}

TEST_CASE("where a duration or time is wanted, an object is a rule", "[template]") {
  for (const auto& [type, key] : {std::pair{"wait", "duration"},
                                  {"wait", "until"},
                                  {"signal", "timeout"},
                                  {"interrupt", "timeout"}}) {
    CAPTURE(type, key);
    json data = std::string{type} == "signal"      ? json{{"name", "paid"}}
                : std::string{type} == "interrupt" ? json{{"question", "?"}}
                                                   : json::object();
    data[key] = {{"var", "x"}, {"cat", "y"}};
    CHECK(errors_of(chain({start(), node_of("n", type, data)})) ==
          std::vector<std::string>{"/nodes/1/data/" + std::string{key} + " not_a_rule"});
  }
}

TEST_CASE("a condition that is not a rule is an error of the flow", "[template]") {
  const json several = json::parse(R"({">": [{"var": "x"}, 1], "<": [{"var": "x"}, 9]})");
  CHECK(errors_of(chain({start(), condition("c", several)})) ==
        std::vector<std::string>{"/nodes/1/data/expr not_a_rule"});
  CHECK(errors_of(chain({start(), condition("c", "total > 100")})) ==
        std::vector<std::string>{"/nodes/1/data/expr constant_rule"});
  CHECK(errors_of(flow_of({start(), end()}, {edge("start", "end", "total > 100")})) ==
        std::vector<std::string>{"/edges/0/data/when constant_rule"});
  CHECK(errors_of(flow_of({start(), end()}, {edge("start", "end", several)})) ==
        std::vector<std::string>{"/edges/0/data/when not_a_rule"});
  json negated = edge("start", "end");
  negated["condition"] = "total > 100";
  negated["condition_value"] = false;
  CHECK(errors_of(flow_of({start(), end()}, {negated})) ==
        std::vector<std::string>{"/edges/0/condition constant_rule"});
}

}  // namespace pawl::flow
