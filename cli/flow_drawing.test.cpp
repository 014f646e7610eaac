#include "cli/flow_drawing.hpp"

#include <fstream>

#include "cli/layered_layout.hpp"
#include "cli/rule_text.hpp"
#include "flow/definition/compiled.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

using namespace pawl;
using namespace pawl::cli;

namespace {

flow::definition drawn_flow() {
  const json source = json::parse(R"({"name": "a \"b\"", "nodes": [
    {"id": "say <hi>", "type": "task", "code_ref": "f", "on_error": "sorry"},
    {"id": "large", "type": "condition", "expr": {"var": "n"}, "else": "done"},
    {"id": "ask", "type": "signal", "name": "ok", "timeout": "1h", "on_timeout": "sorry"},
    {"id": "done", "type": "end"},
    {"id": "sorry", "type": "end"}]})");
  return flow::compile(source, {1, 0, 0}, {}).source;
}

bool has(const std::string& text, std::string_view line) {
  return ("\n" + text).find("\n" + std::string{line} + "\n") != std::string::npos;
}

/// The cases of a kind, which the console has, too: web/src/model/drawing.test.ts.
json drawing_cases(const char* kind) {
  std::ifstream in{testing::source_dir() / "tests/support/drawing_cases.json"};
  REQUIRE(in);
  json cases = json::parse(in).at(kind);
  REQUIRE_FALSE(cases.empty());
  return cases;
}

flow::definition parsed(const json& nodes, const json& edges) {
  std::vector<diagnostic> diagnostics;
  auto made =
      flow::parse_definition({{"name", "f"}, {"nodes", nodes}, {"edges", edges}}, diagnostics);
  CHECK(diagnostics.empty());
  return made;
}

}  // namespace

TEST_CASE("rules, edges and nodes are worded as in the console", "[flow_drawing]") {
  for (const json& each : drawing_cases("rules")) {
    INFO(each);
    CHECK(rule_text(each.at("rule")) == each.at("text").get<std::string>());
  }
  const json two = json::parse(R"([{"id": "a", "type": "task", "data": {"code_ref": "f"}},
                                   {"id": "b", "type": "end"}])");
  for (const json& each : drawing_cases("edges")) {
    INFO(each);
    const auto made =
        parsed(two, json::array({{{"source", "a"}, {"target", "b"}, {"data", each.at("data")}}}));
    REQUIRE(made.edges.size() == 1);
    CHECK(edge_label(made.edges[0], 60) == each.at("text").get<std::string>());
  }
  for (const json& each : drawing_cases("nodes")) {
    INFO(each);
    const auto made = parsed(json::array({each.at("node")}), json::array());
    REQUIRE(made.nodes.size() == 1);
    CHECK(node_name(made.nodes[0]) == each.at("text").get<std::string>());
  }
}

TEST_CASE("nodes stand as in the console", "[flow_drawing]") {
  for (const json& each : drawing_cases("layouts")) {
    INFO(each.at("about"));
    std::vector<layered_edge> edges;
    for (const json& edge : each.at("edges"))
      edges.push_back({edge[0].get<std::size_t>(), edge[1].get<std::size_t>(),
                       edge[2].get<std::string>().empty() ? 0.0 : 60.0});
    const auto made = lay_out_in_layers(each.at("nodes").get<std::size_t>(), edges);
    const auto at = [&](const json& node) { return made.nodes.at(node.get<std::size_t>()); };
    double above = -drawn_node_height;
    for (const json& row : each.at("rows")) {
      CHECK(at(row[0]).y >= above + drawn_node_height);
      above = at(row[0]).y;
      for (std::size_t i = 1; i < row.size(); ++i) {
        CHECK(at(row[i]).y == Approx(above));
        CHECK(at(row[i]).x > at(row[i - 1]).x);
      }
    }
    for (const json& chain : each.at("straight"))
      for (const json& node : chain) CHECK(at(node).x == Approx(at(chain[0]).x));
  }
}

TEST_CASE("the section of a flow is called flow", "[flow_drawing]") {
  std::vector<diagnostic> diagnostics;
  const auto made = flow::parse_definition(
      json::parse(R"({"name": "f", "timeout": "1h", "nodes": [{"id": "a", "type": "end"}]})"),
      diagnostics);
  REQUIRE(made.nodes.size() == 2);
  CHECK(node_name(made.nodes[1]) == "flow");
}

TEST_CASE("a flow is drawn in Mermaid", "[flow_drawing]") {
  const std::string text = mermaid_of(drawn_flow());
  INFO(text);
  CHECK(text.starts_with("flowchart TD\n"));
  CHECK(has(text, "  n0[\"say #lt;hi#gt;<br><small>task</small>\"]"));
  CHECK(has(text, "  n1{\"large<br><small>condition</small>\"}"));
  CHECK(has(text, "  n0 --> n1"));
  CHECK(has(text, "  n0 -->|\"on error\"| n4"));
  CHECK(has(text, "  n1 -->|\"yes\"| n2"));
  CHECK(has(text, "  n1 -->|\"no\"| n3"));
  CHECK(has(text, "  n2 -->|\"on timeout\"| n4"));
}

TEST_CASE("a flow is drawn in DOT", "[flow_drawing]") {
  const std::string text = dot_of(drawn_flow());
  INFO(text);
  CHECK(text.starts_with("digraph \"a \\\"b\\\"\" {\n"));
  CHECK(has(text, "  n1 [shape=diamond, label=\"large\\ncondition\"];"));
  CHECK(has(text, "  n0 -> n4 [label=\"on error\"];"));
  CHECK(text.ends_with("}\n"));
}

TEST_CASE("a flow is drawn in SVG", "[flow_drawing]") {
  const std::string text = svg_of(drawn_flow());
  INFO(text);
  CHECK(text.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" "));
  CHECK(text.find("<title>a &quot;b&quot;</title>") != std::string::npos);
  CHECK(text.find(">say &lt;hi&gt;</text>") != std::string::npos);
  CHECK(text.find("<hi>") == std::string::npos);
  CHECK(text.find(">on timeout</text>") != std::string::npos);
  CHECK(text.ends_with("</svg>\n"));
}
