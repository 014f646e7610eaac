#include "flow/definition/old_form.hpp"

#include <algorithm>
#include <string_view>

#include "flow/definition/compiled.hpp"
#include "flow/definition/short_form.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;

namespace {

struct translated {
  json definition;
  std::vector<diagnostic> warnings;
};

translated from_old(json stored, const limits& allowed = {}) {
  translated made;
  made.definition = from_old_form(stored, allowed, made.warnings).definition;
  return made;
}

/// Whether a form is refused with a message that has this text.
bool is_refused(const json& stored, const limits& allowed, std::string_view text) {
  const auto compiled = compile(marked_as_old_form(stored), {1, 0, 0}, allowed);
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

TEST_CASE("the stored form of the old builder is a definition", "[old_form]") {
  const auto made = from_old(stored_form());
  CHECK(made.definition["name"] == "another");
  CHECK(made.definition["nodes"].size() == 4);
  CHECK(made.definition["edges"].size() == 4);
  CHECK(made.definition["nodes"][1]["data"] == json{{"code_ref", "text.a-2fb"}});
  const auto compiled = compile(made.definition, {1, 0, 0}, {});
  CHECK(compiled.diagnostics.empty());
  CHECK(compiled.flow);
}

TEST_CASE("what the old engine did not read is dropped with a warning at its place", "[old_form]") {
  const auto made = from_old(stored_form());
  const auto warned = [&](const std::string& pointer, const std::string& text) {
    return std::any_of(made.warnings.begin(), made.warnings.end(), [&](const diagnostic& each) {
      return each.level == severity::warning && each.pointer == pointer && each.message == text;
    });
  };
  CHECK(warned("/ui", R"(the key "ui" of the definition was dropped)"));
  CHECK(warned("/nodes/0/position", R"(the key "position" of node "start" was dropped)"));
  CHECK(warned("/nodes/2/data/title", R"(the key "title" of the data of node "work" was dropped)"));
  CHECK(warned("/edges/0/label", R"(the key "label" of the edge from "start" was dropped)"));
  CHECK(warned("/nodes/1",
               R"(a flow begins at its first start; the second one, "again", was dropped)"));
  json alone = stored_form();
  alone["nodes"].push_back({{"id", "alone"}, {"type", "end"}});
  CHECK(from_old(alone).warnings.back().message ==
        R"(the node "alone" was dropped: the first start does not reach it)");
  json many = stored_form();
  for (int i = 0; i < 100; ++i) many["key" + std::to_string(i)] = i;
  CHECK(from_old(many).warnings.size() == 20);
}

TEST_CASE("a definition says that it is in the stored form, and is compiled as that",
          "[old_form]") {
  const auto compiled = compile(marked_as_old_form(stored_form()), {1, 0, 0}, {});
  REQUIRE(compiled.flow);
  CHECK(compiled.source.nodes.size() == 4);
  CHECK(compiled.diagnostics.size() == from_old(stored_form()).warnings.size());
  CHECK_FALSE(to_json(compiled.source).contains("dialect"));
  json without_edges = marked_as_old_form({{"name", "f"}, {"nodes", stored_form()["nodes"]}});
  CHECK_FALSE(is_short_form(without_edges));
  without_edges["dialect"] = "new";
  const auto refused = compile(without_edges, {1, 0, 0}, {});
  CHECK_FALSE(refused.flow);
  CHECK(std::any_of(
      refused.diagnostics.begin(), refused.diagnostics.end(), [](const diagnostic& each) {
        return each.pointer == "/dialect" && each.code == "unknown_dialect" &&
               each.message ==
                   R"(unknown dialect "new"; the only one is "old". Omit it for flows of Pawl)";
      }));
}

TEST_CASE("an error of a stored form points to what was written", "[old_form]") {
  json wrong = stored_form();
  wrong["nodes"][3]["data"]["expr"] = {{"wat", 1}};
  wrong["edges"][3]["target"] = "nowhere";
  const auto compiled = compile(marked_as_old_form(wrong), {1, 0, 0}, {});
  CHECK_FALSE(compiled.flow);
  std::vector<std::string> at;
  for (const auto& each : compiled.diagnostics)
    if (each.level == severity::error) at.push_back(each.pointer.substr(0, 8));
  // The second node and the second edge were dropped.
  CHECK(std::find(at.begin(), at.end(), "/nodes/3") != at.end());
  CHECK(std::find(at.begin(), at.end(), "/edges/3") != at.end());
}

TEST_CASE("what is not a stored form is refused as in other forms", "[old_form]") {
  CHECK(marked_as_old_form(json::array()) == json::array());
  CHECK(from_old({{"nodes", 7}}).definition["nodes"] == 7);
  CHECK(from_old({{"nodes", {1, {{"id", 5}}}}}).definition["nodes"].size() == 2);
  for (const json& bad :
       {json{{"name", "f"}}, json{{"name", "f"}, {"nodes", 7}},
        json{{"name", "f"}, {"nodes", {1, nullptr, {{"id", 5}}}}, {"edges", {2}}}})
    CHECK_FALSE(compile(marked_as_old_form(bad), {1, 0, 0}, {}).flow);
}

TEST_CASE("a form beyond the limits is refused by them", "[old_form]") {
  const std::size_t bytes = marked_as_old_form(stored_form()).dump().size();
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
  const auto made = from_old({{"nodes", nodes}, {"edges", edges}},
                             {.max_bytes = 64u << 20, .max_nodes = ~0u, .max_edges = ~0u});
  CHECK(made.definition["nodes"].size() == count);
  CHECK(made.definition["edges"].size() == count - 1);
}
