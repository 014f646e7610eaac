// Everything that a node type needs exists: its row in the table, its page, its place in the list
// of types and in the random flows. Each failure says what is missing and where to add it.

#include "flow/nodes/node_types.hpp"

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "flow/testing/flows.hpp"
#include "flow/testing/random_flow.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

/// The text of a file of the project; "" if it does not exist.
std::string file_text(const std::string& path) {
  std::ifstream in(pawl::testing::source_dir() / path);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  return text.str();
}

/// The variables in flow/nodes/*.cpp that define a node type, each with its file.
std::vector<std::pair<std::string, std::string>> defined_types() {
  const std::regex definition{R"(\nconst node_type (\w+)\{)"};
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& entry :
       std::filesystem::directory_iterator(pawl::testing::source_dir() / "flow/nodes")) {
    const std::string path = "flow/nodes/" + entry.path().filename().string();
    if (!path.ends_with(".cpp") || path.ends_with(".test.cpp")) continue;
    const std::string text = file_text(path);
    for (std::sregex_iterator match{text.begin(), text.end(), definition}, end; match != end;
         ++match)
      found.emplace_back((*match)[1], path);
  }
  return found;
}

/// A small flow with one node of a type, and with the edges that the type needs.
json flow_with(const node_type_row& row) {
  const node_type& type = *row.type;
  std::vector<json> nodes{start(), node_of("x", std::string{type.name}, json::parse(row.example)),
                          task("a"), task("b")};
  std::vector<json> edges{edge("start", "x")};
  if (type.joins) {
    edges = {edge("start", "a"), edge("start", "b"), edge("a", "x"), edge("b", "x")};
  } else if (type.ends_branch) {
    edges.insert(edges.end(), {edge("start", "a"), edge("a", "b")});
  } else if (type.has_items) {
    edges.insert(edges.end(), {edge_on("each", "x", "a"), edge("x", "b")});
  } else if (type.has_body) {
    edges.insert(edges.end(), {edge_on("body", "x", "a"), edge("x", "b")});
  } else {
    edges.insert(edges.end(), {edge("x", "a"), edge("x", "b")});
  }
  return flow_of(std::move(nodes), std::move(edges));
}

std::set<std::string> types_in_random_flows() {
  std::set<std::string> seen;
  random_source random{1};
  flow_generator generator{random, {.max_nodes = 20}};
  for (int i = 0; i < 1'000; ++i) {
    const json flow = generator.make();
    for (const auto& node : flow.at("nodes")) seen.insert(node.at("type").get<std::string>());
  }
  return seen;
}

}  // namespace

TEST_CASE("every node type in flow/nodes/ is in the table of types", "[node_types]") {
  const std::string table = file_text("flow/nodes/node_types.hpp");
  const auto defined = defined_types();
  REQUIRE(defined.size() >= 14);
  for (const auto& [variable, path] : defined) {
    if (!mentions(table, "node_type_row{&" + variable + ","))
      FAIL_CHECK(path << " defines " << variable << ", but the table in flow/nodes/node_types.hpp "
                      << "has no row for it: add node_type_row{&" << variable << ", EXAMPLE}");
  }
  CHECK(node_types().size() == defined.size());
}

TEST_CASE("the table of node types is sorted by name, without duplicates", "[node_types]") {
  for (std::size_t i = 1; i < node_type_table.size(); ++i) {
    const auto before = node_type_table[i - 1].type->name, name = node_type_table[i].type->name;
    if (before >= name)
      FAIL_CHECK("in flow/nodes/node_types.hpp the row of \"" << name << "\" comes after \""
                                                              << before << "\": sort the rows");
  }
}

TEST_CASE("the example of every node type is a valid flow", "[node_types]") {
  for (const auto& row : node_type_table) {
    const json flow = flow_with(row);
    for (const auto& d : compile(flow, test_version, {}).diagnostics)
      FAIL_CHECK("the example of the type \""
                 << row.type->name << "\" in flow/nodes/node_types.hpp "
                 << "is not valid: at \"" << d.pointer << "\": " << d.message);
  }
}

TEST_CASE("every node type has a page with its keys and a picture of a run", "[node_types][docs]") {
  for (const auto* const type : node_types()) {
    const std::string name{type->name}, path = "docs/nodes/" + name + ".md";
    const std::string text = file_text(path);
    if (text.empty()) {
      FAIL_CHECK(path << " is missing: every node type has a page; write it like "
                      << "docs/nodes/set.md");
      continue;
    }
    if (!text.starts_with("# " + name + "\n"))
      FAIL_CHECK(path << " must begin with the title \"# " << name << "\"");
    for (const auto key : type->keys)
      if (!mentions(text, "| `" + std::string{key} + "` |"))
        FAIL_CHECK(path << " does not describe the key `" << key << "`: add a row \"| `" << key
                        << "` | VALUE | MEANING |\" to its table");
    if (!mentions(text, "```json\n"))
      FAIL_CHECK(path << " has no example: add a flow in a ```json block");
    if (!mentions(text, "$ pawl run "))
      FAIL_CHECK(path << " shows no run: add a ```console block with the command \"$ pawl run "
                      << "FILE\" and the picture that it prints");
  }
}

TEST_CASE("every node type is in the list of docs/flow-format.md", "[node_types][docs]") {
  const std::string text = file_text("docs/flow-format.md");
  for (const auto* const type : node_types()) {
    const std::string name{type->name}, link = "| [`" + name + "`](nodes/" + name + ".md) |";
    if (!mentions(text, link))
      FAIL_CHECK("docs/flow-format.md does not list the node type \""
                 << name << "\": add a row \"" << link << " MEANING |\" to its section Node types");
  }
}

TEST_CASE("every node type is in the random flows", "[node_types][random]") {
  const auto seen = types_in_random_flows();
  for (const auto* const type : node_types()) {
    if (!seen.contains(std::string{type->name}))
      FAIL_CHECK("flow/testing/random_flow.hpp makes no node of the type \""
                 << type->name << "\": add a case to make_node(), so that random runs test it");
  }
}
