// docs/flow.schema.json accepts what Pawl shows and writes as YAML. For JSON see
// flow/definition/flow_schema.test.cpp.
#include "flow/definition/flow_schema.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/project_files.hpp"
#include "flow/definition/compiled.hpp"
#include "flow/schema/schema.hpp"
#include "server/yaml/parse_yaml.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

using namespace pawl;
using namespace pawl::cli;

namespace {

json flow_of_yaml(const std::string& text) {
  auto read = server::parse_yaml(text, "the flow", 1u << 20, 64);
  REQUIRE(read);
  return std::move(read->value);
}

/// The flow is valid, and the schema accepts it.
void check_flow(const json& flow) {
  CHECK(flow::compile(flow, {1, 0, 0}, {}).flow != nullptr);
  std::vector<diagnostic> of_schema;
  const auto schema = flow::json_schema::compile(json::parse(flow::flow_schema()), "", of_schema);
  REQUIRE(of_schema.empty());
  const auto checked = schema.check(flow, "the flow");
  if (!checked)
    for (const auto& each : checked.error().diagnostics)
      UNSCOPED_INFO(each.pointer << " " << each.message);
  CHECK(checked);
}

/// The YAML blocks of a page.
std::vector<std::string> yaml_blocks(const std::filesystem::path& page) {
  std::ifstream in{page};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  const std::string begin = "```yaml\n";
  std::vector<std::string> found;
  for (std::size_t at = text.find(begin); at != text.npos; at = text.find(begin, at)) {
    at += begin.size();
    const std::size_t end = text.find("\n```", at);
    found.push_back(text.substr(at, end - at));
    at = end;
  }
  return found;
}

}  // namespace

TEST_CASE("the schema of flows accepts the flows in YAML of the documentation", "[flow_schema]") {
  std::size_t checked = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(testing::source_dir() / "docs")) {
    if (entry.path().extension() != ".md") continue;
    for (const auto& block : yaml_blocks(entry.path())) {
      INFO(entry.path() << "\n" << block);
      const json value = flow_of_yaml(block);
      if (!value.contains("nodes")) continue;
      check_flow(value);
      ++checked;
    }
  }
  CHECK(checked > 0);
}

TEST_CASE("the schema of flows accepts the flow of a new project", "[flow_schema]") {
  std::size_t checked = 0;
  for (const auto& file : project_files()) {
    if (!file.name.ends_with(".yaml")) continue;
    INFO(file.name);
    check_flow(flow_of_yaml(std::string{file.content}));
    ++checked;
  }
  CHECK(checked > 0);
}
