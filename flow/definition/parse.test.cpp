#include "flow/definition/definition.hpp"
#include "flow/testing/flows.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

/// Parses a definition that must be well formed.
definition good(const json& source) {
  std::vector<diagnostic> diagnostics;
  auto read = parse_definition(source, diagnostics);
  CHECK(codes(diagnostics) == lines{});
  CHECK(codes(diagnostics, severity::warning) == lines{});
  return read;
}

lines diagnostics_of(const json& source, severity level = severity::error) {
  std::vector<diagnostic> diagnostics;
  static_cast<void>(parse_definition(source, diagnostics));
  return codes(diagnostics, level);
}

/// Returns the diagnostics of a flow with one edge.
lines edge_diagnostics(json one, severity level = severity::error) {
  return diagnostics_of({{"name", "f"}, {"edges", json::array({std::move(one)})}}, level);
}

/// Parses the only edge of a flow, which must be well formed.
std::optional<json> when_of(json one) {
  one["source"] = "a";
  one["target"] = "b";
  return good({{"name", "f"}, {"edges", json::array({std::move(one)})}}).edges.at(0).when;
}

json edge_with(json more) {
  more["source"] = "a";
  more["target"] = "b";
  return more;
}

}  // namespace

TEST_CASE("a definition has a name, a description, nodes and edges", "[parse]") {
  const auto read = good(json::parse(R"({
    "name": "order", "description": "An order.",
    "nodes": [{"id": "a", "type": "start"},
              {"id": "b", "type": "task", "data": {"code_ref": "f", "args": {"x": 1}}}],
    "edges": [{"source": "a", "target": "b", "data": {"when": {"var": "ok"}}},
              {"source": "b", "target": "a"}]})"));
  CHECK(read.name == "order");
  CHECK(read.description == "An order.");
  REQUIRE(read.nodes.size() == 2);
  CHECK(read.nodes[0].id == "a");
  CHECK(read.nodes[0].type == "start");
  CHECK(read.nodes[0].data == json::object());
  CHECK(read.nodes[1].data == json{{"code_ref", "f"}, {"args", {{"x", 1}}}});
  CHECK(read.nodes[1].pointer == "/nodes/1");
  REQUIRE(read.edges.size() == 2);
  CHECK(read.edges[0].source == "a");
  CHECK(read.edges[0].target == "b");
  CHECK(read.edges[0].when == var("ok"));
  CHECK(read.edges[0].pointer == "/edges/0");
  CHECK_FALSE(read.edges[1].when.has_value());
}

TEST_CASE("a null value counts as an absent key", "[parse]") {
  const auto read = good(json::parse(R"({
    "name": "f", "description": null,
    "nodes": [{"id": "a", "type": "start", "data": null}],
    "edges": [{"source": "a", "target": "a", "data": {"when": null},
               "condition": null, "condition_value": null}]})"));
  CHECK(read.description.empty());
  CHECK(read.nodes.at(0).data == json::object());
  CHECK_FALSE(read.edges.at(0).when.has_value());
  CHECK(good({{"name", "f"}, {"nodes", nullptr}, {"edges", nullptr}}).nodes.empty());
}

TEST_CASE("the legacy type python means task", "[parse]") {
  const auto read = good({{"name", "f"}, {"nodes", {node_of("a", "python", {{"code_ref", "f"}})}}});
  CHECK(read.nodes.at(0).type == "task");
}

TEST_CASE("the legacy key codeRef means code_ref", "[parse]") {
  const auto read = good({{"name", "f"}, {"nodes", {node_of("a", "python", {{"codeRef", "f"}})}}});
  CHECK(read.nodes.at(0).data == json{{"code_ref", "f"}});
  const auto twice = good(
      {{"name", "f"}, {"nodes", {node_of("a", "task", {{"codeRef", "f"}, {"code_ref", "f"}})}}});
  CHECK(twice.nodes.at(0).data == json{{"code_ref", "f"}});
}

TEST_CASE("different values of codeRef and code_ref are an error", "[parse]") {
  CHECK(
      diagnostics_of({{"name", "f"},
                      {"nodes", {node_of("a", "task", {{"codeRef", "f"}, {"code_ref", "g"}})}}}) ==
      lines{"/nodes/0/data/codeRef contradiction"});
}

TEST_CASE("the key function means code_ref", "[parse]") {
  const auto read = good(
      {{"name", "f"},
       {"nodes",
        {node_of("a", "task", {{"function", "orders.charge"}}),
         node_of("b", "task", {{"function", "f"}, {"compensate", {{"function", "orders.refund"}}}}),
         node_of("c", "python", {{"function", "g"}})}}});
  CHECK(read.nodes.at(0).data == json{{"code_ref", "orders.charge"}});
  CHECK(read.nodes.at(0).code_ref_key == "function");
  CHECK(read.nodes.at(1).data ==
        json{{"code_ref", "f"}, {"compensate", {{"code_ref", "orders.refund"}}}});
  CHECK(read.nodes.at(1).compensate_code_ref_key == "function");
  CHECK(read.nodes.at(2).data == json{{"code_ref", "g"}});
}

TEST_CASE("function is ignored with a warning where it differs from code_ref", "[parse]") {
  const auto with = [](json data, severity of = severity::warning) {
    return diagnostics_of(
        {{"name", "f"}, {"nodes", json::array({node_of("a", "task", std::move(data))})}}, of);
  };
  CHECK(with({{"function", "f"}, {"code_ref", "f"}}) == lines{});
  for (const json& other : {json("f"), json(5), json(nullptr), json{{"a", 1}}}) {
    const json data{{"function", other}, {"code_ref", "g"}};
    CHECK(with(data) == lines{"/nodes/0/data/function contradiction"});
    CHECK(with(data, severity::error) == lines{});
    std::vector<diagnostic> found;
    const auto read = parse_definition(
        {{"name", "f"}, {"nodes", json::array({node_of("a", "task", data)})}}, found);
    CHECK(read.nodes.at(0).data == json{{"code_ref", "g"}});
  }
  CHECK(with({{"function", "f"}, {"codeRef", "g"}}) ==
        lines{"/nodes/0/data/function contradiction"});
  CHECK(with({{"code_ref", "f"}, {"compensate", {{"function", "f"}, {"code_ref", "g"}}}}) ==
        lines{"/nodes/0/data/compensate/function contradiction"});
}

TEST_CASE("the key function outside of data is ignored with a warning", "[parse]") {
  json outside = node_of("a", "task", {{"code_ref", "f"}});
  outside["function"] = 1;
  const json flow{{"name", "f"}, {"nodes", json::array({outside})}};
  CHECK(diagnostics_of(flow) == lines{});
  CHECK(diagnostics_of(flow, severity::warning) == lines{"/nodes/0/function misplaced_key"});
}

TEST_CASE("the key function of a node that calls no function is not changed", "[parse]") {
  const json data{{"values", json::object()}, {"function", "f"}};
  CHECK(
      good({{"name", "f"}, {"nodes", json::array({node_of("a", "set", data)})}}).nodes.at(0).data ==
      data);
}

TEST_CASE("the rule of an edge is in data.when", "[parse]") {
  CHECK(when_of({{"data", {{"when", var("x")}}}}) == var("x"));
  CHECK(when_of({{"data", {{"when", true}}}}) == json(true));
  CHECK(when_of({{"data", {{"when", false}}}}) == json(false));
  CHECK_FALSE(when_of(json::object()).has_value());
  CHECK_FALSE(when_of({{"data", {{"label", "yes"}}}}).has_value());
  CHECK_FALSE(when_of({{"data", nullptr}}).has_value());
}

TEST_CASE("the legacy top-level condition means data.when", "[parse]") {
  CHECK(when_of({{"condition", var("x")}}) == var("x"));
  CHECK(when_of({{"condition", true}}) == json(true));
  CHECK(when_of({{"condition", false}}) == json(false));
  CHECK(when_of({{"condition", var("x")}, {"condition_value", true}}) == var("x"));
}

TEST_CASE("the legacy condition_value false negates the condition", "[parse]") {
  CHECK(when_of({{"condition", var("x")}, {"condition_value", false}}) ==
        json{{"!", json::array({var("x")})}});
  // An array is one argument, not the list of arguments.
  CHECK(when_of({{"condition", json::array({1, 2})}, {"condition_value", false}}) ==
        json{{"!", json::array({json::array({1, 2})})}});
  CHECK(when_of({{"condition", true}, {"condition_value", false}}) == json(false));
  CHECK(when_of({{"condition", false}, {"condition_value", false}}) == json(true));
}

TEST_CASE("the legacy condition_value alone is the boolean that selects the edge", "[parse]") {
  CHECK(when_of({{"condition_value", true}}) == json(true));
  CHECK(when_of({{"condition_value", false}}) == json(false));
}

TEST_CASE("booleans written as strings are read with a warning", "[parse]") {
  const auto read = [](json one) {
    std::vector<diagnostic> diagnostics;
    return parse_definition({{"name", "f"}, {"edges", json::array({edge_with(std::move(one))})}},
                            diagnostics)
        .edges.at(0)
        .when;
  };
  CHECK(read({{"data", {{"when", "true"}}}}) == json(true));
  CHECK(read({{"data", {{"when", "false"}}}}) == json(false));
  CHECK(read({{"condition", "false"}}) == json(false));
  CHECK(read({{"condition_value", "false"}}) == json(false));
  CHECK(edge_diagnostics(edge_with({{"data", {{"when", "false"}}}}), severity::warning) ==
        lines{"/edges/0/data/when text_for_boolean"});
  CHECK(edge_diagnostics(edge_with({{"condition_value", "true"}}), severity::warning) ==
        lines{"/edges/0/condition_value text_for_boolean"});
}

TEST_CASE("an edge with contradicting conditions is refused", "[parse]") {
  const auto contradicts = [](json one, const char* place) {
    CAPTURE(one.dump());
    CHECK(edge_diagnostics(edge_with(std::move(one))) ==
          lines{std::string{"/edges/0/"} + place + " contradiction"});
  };
  contradicts({{"data", {{"when", var("x")}}}, {"condition", var("y")}}, "condition");
  contradicts({{"data", {{"when", true}}}, {"condition_value", false}}, "condition_value");
  contradicts({{"data", {{"when", false}}}, {"condition_value", true}}, "condition_value");
  contradicts({{"data", {{"when", var("x")}}}, {"condition_value", false}}, "condition_value");
}

TEST_CASE("an edge may repeat the same condition", "[parse]") {
  CHECK(when_of({{"data", {{"when", var("x")}}}, {"condition", var("x")}}) == var("x"));
  CHECK(when_of({{"data", {{"when", false}}}, {"condition_value", false}}) == json(false));
  CHECK(when_of({{"data", {{"when", var("x")}}}, {"condition_value", true}}) == var("x"));
}

TEST_CASE("a condition_value that is not a boolean is refused", "[parse]") {
  CHECK(edge_diagnostics(edge_with({{"condition_value", 1}})) ==
        lines{"/edges/0/condition_value wrong_type"});
}

TEST_CASE("a misplaced key is refused rather than ignored", "[parse]") {
  CHECK(edge_diagnostics(edge_with({{"when", true}})) == lines{"/edges/0/when misplaced_key"});
  json outside = node_of("a", "task", {{"code_ref", "f"}});
  for (const char* key : {"args", "codeRef", "code_ref", "expr", "into", "max_visits", "message",
                          "timeout", "values", "with"}) {
    json wrong = outside;
    wrong[key] = 1;
    CHECK(diagnostics_of({{"name", "f"}, {"nodes", json::array({wrong})}}) ==
          lines{std::string{"/nodes/0/"} + key + " misplaced_key"});
  }
}

TEST_CASE("a key that looks like a typo causes a warning; a key of an editor does not", "[parse]") {
  CHECK(diagnostics_of({{"name", "f"}, {"nodse", json::array()}}, severity::warning) ==
        lines{"/nodse unknown_key"});
  CHECK(diagnostics_of({{"name", "f"}, {"viewport", json::object()}}, severity::warning) ==
        lines{});
  CHECK(edge_diagnostics(edge_with({{"condition_valu", true}}), severity::warning) ==
        lines{"/edges/0/condition_valu unknown_key"});
  CHECK(edge_diagnostics(edge_with({{"data", {{"wen", true}}}}), severity::warning) ==
        lines{"/edges/0/data/wen unknown_key"});
  json moved = node_of("a", "start");
  moved["position"] = {{"x", 1}};
  moved["selected"] = true;
  CHECK(diagnostics_of({{"name", "f"}, {"nodes", json::array({moved})}}, severity::warning) ==
        lines{});
}

TEST_CASE("the pointer of an unusual key is escaped as in RFC 6901", "[parse]") {
  CHECK(diagnostics_of({{"name", "f"}, {"edges/", 1}}, severity::warning) ==
        lines{"/edges~1 unknown_key"});
  CHECK(diagnostics_of({{"name", "f"}, {"nam~", 1}}, severity::warning) ==
        lines{"/nam~0 unknown_key"});
}

TEST_CASE("all values of a wrong type are reported at once, with their places", "[parse]") {
  CHECK(diagnostics_of(json::array()) == lines{" not_an_object"});
  CHECK(diagnostics_of(json::parse(R"({
    "name": 7, "description": [],
    "nodes": ["a", {"id": 1, "type": "task"}, {"id": "x", "type": null},
              {"id": "y", "type": "start", "data": []}, {"id": "", "type": "start"}],
    "edges": [null, {"source": "x"}, {"source": "", "target": "x"},
              {"source": "x", "target": {}}]})")) ==
        lines{"/name wrong_type", "/description wrong_type", "/nodes/0 wrong_type",
              "/nodes/1/id wrong_type", "/nodes/2 missing_key", "/nodes/3/data wrong_type",
              "/nodes/4/id empty_text", "/edges/0 wrong_type", "/edges/1 missing_key",
              "/edges/2/source empty_text", "/edges/3/target wrong_type"});
  CHECK(diagnostics_of({{"name", "f"}, {"nodes", json::object()}, {"edges", "none"}}) ==
        lines{"/nodes wrong_type", "/edges wrong_type"});
}

TEST_CASE("parsing the canonical form returns the same definition", "[parse]") {
  const json old = json::parse(R"({
    "name": "old", "description": "as the old engine wrote it", "version": "3",
    "nodes": [{"id": "s", "type": "start", "position": {"x": 0, "y": 0}},
              {"id": "p", "type": "python", "data": {"codeRef": "f", "args": {"a": null}}},
              {"id": "c", "type": "condition", "data": {"expr": {"var": "ok"}}}],
    "edges": [{"id": "e1", "source": "s", "target": "p"},
              {"source": "p", "target": "c"},
              {"source": "c", "target": "p", "condition_value": false},
              {"source": "p", "target": "s", "condition": {"var": "x"}, "condition_value": false},
              {"source": "c", "target": "s", "data": {"when": "true"}}]})");
  std::vector<diagnostic> diagnostics;
  const auto first = parse_definition(old, diagnostics);
  const json canonical = to_json(first);
  CHECK(canonical == json::parse(R"({
    "name": "old", "description": "as the old engine wrote it",
    "nodes": [{"id": "s", "type": "start"},
              {"id": "p", "type": "task", "data": {"code_ref": "f", "args": {"a": null}}},
              {"id": "c", "type": "condition", "data": {"expr": {"var": "ok"}}}],
    "edges": [{"source": "s", "target": "p"}, {"source": "p", "target": "c"},
              {"source": "c", "target": "p", "data": {"when": false}},
              {"source": "p", "target": "s", "data": {"when": {"!": [{"var": "x"}]}}},
              {"source": "c", "target": "s", "data": {"when": true}}]})"));
  const auto second = good(canonical);
  CHECK(to_json(second) == canonical);
  REQUIRE(second.nodes.size() == first.nodes.size());
  for (std::size_t i = 0; i < first.nodes.size(); ++i) {
    CHECK(second.nodes[i].id == first.nodes[i].id);
    CHECK(second.nodes[i].type == first.nodes[i].type);
    CHECK(second.nodes[i].data == first.nodes[i].data);
  }
  REQUIRE(second.edges.size() == first.edges.size());
  for (std::size_t i = 0; i < first.edges.size(); ++i)
    CHECK(second.edges[i].when == first.edges[i].when);
}
