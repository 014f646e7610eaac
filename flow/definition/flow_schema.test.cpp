// docs/flow.schema.json, beside the parser that it describes.
#include "flow/definition/flow_schema.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "flow/definition/short_form.hpp"
#include "flow/nodes/node.hpp"
#include "flow/schema/schema.hpp"
#include "flow/testing/random_flow.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

const json& schema_source() {
  static const json source = json::parse(flow_schema());
  return source;
}

/// The problems that the schema finds in a definition.
std::vector<diagnostic> problems_of(const json& definition) {
  static const json_schema schema = [] {
    std::vector<diagnostic> of_schema;
    auto made = json_schema::compile(schema_source(), "", of_schema);
    REQUIRE(of_schema.empty());
    return made;
  }();
  const auto checked = schema.check(definition, "the flow");
  return checked ? std::vector<diagnostic>{} : checked.error().diagnostics;
}

bool accepts(const json& definition) {
  const auto problems = problems_of(definition);
  for (const auto& each : problems) UNSCOPED_INFO(each.pointer << " " << each.message);
  return problems.empty();
}

/// The flows in the JSON blocks of a page, and of files of flows.
std::vector<json> flows_in(const std::filesystem::path& file) {
  std::ifstream in{file};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  std::vector<json> found;
  const auto add = [&](const std::string& block) {
    json value = json::parse(block, nullptr, false);
    if (value.is_object() && value.contains("nodes")) found.push_back(std::move(value));
  };
  if (file.extension() == ".json") add(text);
  for (std::size_t at = text.find("```json\n"); at != text.npos; at = text.find("```json\n", at)) {
    const std::size_t end = text.find("\n```", at + 8);
    add(text.substr(at + 8, end - at - 8));
    at = end;
  }
  return found;
}

}  // namespace

TEST_CASE("the schema of flows accepts every flow of the documentation", "[flow_schema]") {
  std::size_t checked = 0;
  for (const char* folder : {"docs", "examples"}) {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(pawl::testing::source_dir() / folder)) {
      const auto extension = entry.path().extension();
      if (extension != ".md" && extension != ".json") continue;
      if (entry.path().filename() == "flow.schema.json") continue;
      for (const json& flow : flows_in(entry.path())) {
        INFO(entry.path() << " " << flow.at("name"));
        if (compile(flow, {1, 0, 0}, {}).flow == nullptr) continue;  // shown because it is invalid
        CHECK(accepts(flow));
        ++checked;
      }
    }
  }
  CHECK(checked > 40);
}

TEST_CASE("the schema of flows accepts random valid flows in both forms", "[flow_schema]") {
  random_source random{20261129};
  flow_generator generator{random};
  for (int i = 0; i < 500; ++i) {
    const json flow = generator.make();
    const auto made = compile(flow, {1, 0, 0}, {});
    if (made.flow == nullptr) continue;
    INFO(flow);
    REQUIRE(accepts(flow));
    const json written = to_short_form(made.source);
    INFO(written);
    REQUIRE(accepts(written));
  }
}

TEST_CASE("the schema of flows has the keys of each node type, and no others", "[flow_schema]") {
  const json& definitions = schema_source().at("definitions");
  for (const auto* const type : node_types()) {
    INFO(type->name);
    std::set<std::string_view> known(type->keys.begin(), type->keys.end());
    if (known.contains("code_ref")) known.insert({"codeRef", "function"});
    std::set<std::string_view> described;
    for (const auto& [key, what] : definitions.at(std::string{type->name}).at("properties").items())
      described.insert(key);
    CHECK(described == known);
  }
}

TEST_CASE("the schema of flows refuses what cannot be a flow", "[flow_schema]") {
  const json good = json::parse(R"({"name": "f", "nodes": [
      {"id": "a", "type": "task", "code_ref": "f"}, {"id": "b", "type": "wait", "data": {"duration": "5s"}}]})");
  REQUIRE(accepts(good));
  const std::pair<const char*, json> changes[] = {
      {"/name", 7},
      {"/nodes", json::array()},
      {"/nodes/0/type", "tsak"},
      {"/nodes/0/id", nullptr},
      {"/nodes/0/code_ref", 7},
      {"/nodes/0/retry", {{"max_attempts", 0}}},
      {"/nodes/0/retry", {{"on", json::array()}}},
      {"/nodes/0/effect", "twice"},
      {"/nodes/0/timeout", "5 minutes"},
      {"/nodes/0/next", 7},
      {"/nodes/0/on_error", {{{"on", {"timed_out"}}}}},
      {"/nodes/0/on_error", nullptr},
      {"/nodes/1/data/duration", "soon"},
      {"/nodes/1/data", json::object()},
      {"/edges", {{{"source", "a"}}}},
  };
  for (const auto& [place, value] : changes) {
    json wrong = good;
    wrong[json::json_pointer{place}] = value;
    INFO(wrong);
    CHECK_FALSE(problems_of(wrong).empty());
  }
}
