#include "cli/flow_drawing.hpp"

#include "flow/definition/compiled.hpp"
#include "tests/support/catch.hpp"

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

}  // namespace

TEST_CASE("a flow is drawn in Mermaid", "[flow_drawing]") {
  const std::string text = mermaid_of(drawn_flow());
  INFO(text);
  CHECK(text.starts_with("flowchart TD\n"));
  CHECK(has(text, "  n0[\"say #lt;hi#gt;<br><small>task</small>\"]"));
  CHECK(has(text, "  n1{\"large<br><small>condition</small>\"}"));
  CHECK(has(text, "  n0 --> n1"));
  CHECK(has(text, "  n0 -.->|\"on error\"| n4"));
  CHECK(has(text, "  n1 -->|\"yes\"| n2"));
  CHECK(has(text, "  n1 -->|\"no\"| n3"));
  CHECK(has(text, "  n2 -.->|\"on timeout\"| n4"));
}

TEST_CASE("a flow is drawn in DOT", "[flow_drawing]") {
  const std::string text = dot_of(drawn_flow());
  INFO(text);
  CHECK(text.starts_with("digraph \"a \\\"b\\\"\" {\n"));
  CHECK(has(text, "  n1 [shape=diamond, label=\"large\\ncondition\"];"));
  CHECK(has(text, "  n0 -> n4 [label=\"on error\", style=dashed];"));
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
  CHECK(text.find("class=\"edge aside\"") != std::string::npos);
  CHECK(text.ends_with("</svg>\n"));
}
