#include "flow/definition/old_form.hpp"

#include <algorithm>
#include <string_view>

#include "flow/definition/compiled.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;

namespace {

/// Whether a form is refused with a message that has this text.
bool is_refused(const json& stored, const limits& allowed, std::string_view text) {
  const auto made = from_old_form(stored, "order", allowed);
  const auto compiled = compile(made.definition, {1, 0, 0}, allowed);
  return !compiled.flow && std::any_of(compiled.diagnostics.begin(), compiled.diagnostics.end(),
                                       [&](const diagnostic& each) {
                                         return each.message.find(text) != std::string::npos;
                                       });
}

json stored_form() {
  return json::parse(R"({
    "name": "another", "version": 3, "ui": {"zoom": 1},
    "nodes": [
      {"id": "start", "type": "start", "data": null, "position": {"x": 1}},
      {"id": "again", "type": "start", "data": null},
      {"id": "work", "type": "python", "data": {"code_ref": "a/b", "args": null, "title": "t"}},
      {"id": "more", "type": "condition", "data": {"expr": {"var": "ok"}}},
      {"id": "end", "type": "end", "data": null}],
    "edges": [
      {"source": "start", "target": "work", "data": null, "label": "go"},
      {"source": "again", "target": "work", "data": {"when": null}},
      {"source": "work", "target": "more"},
      {"source": "more", "target": "end", "data": {"when": true, "colour": "red"}},
      {"source": "more", "target": "work", "data": {"when": false}}]})");
}

}  // namespace

TEST_CASE("the stored form of the old builder is a definition, under the name of its row",
          "[old_form]") {
  const auto made = from_old_form(stored_form(), "order", {});
  CHECK(made.definition["name"] == "order");
  CHECK(made.definition["nodes"].size() == 4);
  CHECK(made.definition["edges"].size() == 4);
  CHECK(made.definition["nodes"][1]["data"] == json{{"code_ref", "text.a-2fb"}});
  const auto compiled = compile(made.definition, {1, 0, 0}, {});
  CHECK(compiled.diagnostics.empty());
  CHECK(compiled.flow);
}

TEST_CASE("what the old engine did not read is dropped with a warning", "[old_form]") {
  const auto made = from_old_form(stored_form(), "order", {});
  const auto warned = [&](const std::string& text) {
    return std::find(made.warnings.begin(), made.warnings.end(), text) != made.warnings.end();
  };
  CHECK(warned(R"(the key "ui" of the definition was dropped)"));
  CHECK(warned(R"(the key "position" of node "start" was dropped)"));
  CHECK(warned(R"(the key "title" of the data of node "work" was dropped)"));
  CHECK(warned(R"(the key "label" of the edge from "start" was dropped)"));
  CHECK(warned(R"(the node "again" was dropped: the first start does not reach it)"));
  json many = stored_form();
  for (int i = 0; i < 100; ++i) many["key" + std::to_string(i)] = i;
  CHECK(from_old_form(many, "order", {}).warnings.size() == 20);
}

TEST_CASE("what is not a stored form is left for the parser to refuse", "[old_form]") {
  CHECK(from_old_form(json::array(), "x", {}).definition == json::array());
  CHECK(from_old_form({{"nodes", 7}}, "x", {}).definition["nodes"] == 7);
  CHECK(from_old_form({{"nodes", {1, {{"id", 5}}}}}, "x", {}).definition["nodes"].size() == 2);
  CHECK(from_old_form({}, "x", {}).definition.is_null());
}

TEST_CASE("a form beyond the limits is refused by them", "[old_form]") {
  const std::size_t bytes = stored_form().dump().size();
  CHECK_FALSE(is_refused(stored_form(), {.max_bytes = bytes}, ""));
  CHECK(is_refused(stored_form(), {.max_bytes = bytes - 1}, "(flow.max_bytes)"));
  CHECK(is_refused(stored_form(), {.max_nodes = 4}, "the flow has 5 nodes; the maximum is 4"));
  CHECK(is_refused(stored_form(), {.max_edges = 4}, "the flow has 5 edges; the maximum is 4"));
}

TEST_CASE("the time to find unreachable nodes does not grow with their square", "[old_form]") {
  constexpr int count = 100'000;  // 10^10 steps if each node looked at each edge
  json nodes = json::array({{{"id", "n0"}, {"type", "start"}}});
  json edges = json::array();
  for (int i = 1; i < count; ++i) {
    nodes.push_back({{"id", "n" + std::to_string(i)}, {"type", "end"}});
    edges.push_back({{"source", "n" + std::to_string(i - 1)}, {"target", "n" + std::to_string(i)}});
  }
  nodes.push_back({{"id", "alone"}, {"type", "end"}});
  const auto made = from_old_form({{"nodes", nodes}, {"edges", edges}}, "order",
                                  {.max_bytes = 64u << 20, .max_nodes = ~0u, .max_edges = ~0u});
  CHECK(made.definition["nodes"].size() == count);
  CHECK(made.definition["edges"].size() == count - 1);
}
