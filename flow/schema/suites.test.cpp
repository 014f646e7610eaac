// The test suite of JSON Schema (https://github.com/json-schema-org/JSON-Schema-Test-Suite), from
// the directory in the environment variable PAWL_JSONSCHEMA_SUITES.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "flow/schema/schema.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

namespace pawl::flow {
namespace {

namespace fs = std::filesystem;

/// The result of one folder of the suite.
struct outcome {
  int right = 0;
  int remote = 0;               ///< cases that need another document, which is not fetched
  std::set<std::string> wrong;  ///< "file: group: case"
};

bool needs_another_document(const std::vector<diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [](const diagnostic& d) {
    return d.message.find("are not fetched (\"http://localhost:1234/") != std::string::npos;
  });
}

void run_group(const std::string& file, const json& group, outcome& sum) {
  std::vector<diagnostic> diagnostics;
  const auto schema = json_schema::compile(group.at("schema"), "", diagnostics);
  const bool refused = std::any_of(diagnostics.begin(), diagnostics.end(),
                                   [](const auto& d) { return d.level == severity::error; });
  for (const auto& each : group.at("tests")) {
    const auto name = file + ": " + group.at("description").get<std::string>() + ": " +
                      each.at("description").get<std::string>();
    if (needs_another_document(diagnostics))
      ++sum.remote;
    else if (!refused && schema.check(each.at("data"), "it").has_value() == each.at("valid"))
      ++sum.right;
    else
      sum.wrong.insert(name);
  }
}

outcome run_folder(const fs::path& folder) {
  outcome sum;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream stream{entry.path()};
    for (const auto& group : json::parse(stream))
      run_group(entry.path().stem().string(), group, sum);
  }
  return sum;
}

/// The draft-7 folder of the suite; none if it is not there, with a warning.
std::optional<fs::path> suite() {
  const char* const folder = std::getenv("PAWL_JSONSCHEMA_SUITES");
  if (folder == nullptr || *folder == '\0') {
    WARN("PAWL_JSONSCHEMA_SUITES names no folder; only Pawl's own cases are checked");
    return std::nullopt;
  }
  return fs::path{folder} / "draft7";
}

std::string schema_page() {
  std::ifstream in(pawl::testing::source_dir() / "docs" / "json-schema.md");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The cases that the page lists as wrong: list items of the form "- `file: group: case`".
std::set<std::string> listed_as_wrong() {
  std::set<std::string> names;
  std::istringstream lines{schema_page()};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("- `") && line.find(": ") != line.npos)
      names.insert(line.substr(3, line.find('`', 3) - 3));
  return names;
}

}  // namespace

TEST_CASE("every required case of the draft-7 suite is right, or listed", "[schema]") {
  const auto folder = suite();
  if (!folder) return;
  const outcome sum = run_folder(*folder);
  CHECK(sum.right >= 904);
  CHECK(sum.remote == 23);
  CHECK(sum.wrong == listed_as_wrong());
}

TEST_CASE("the optional cases of the draft-7 suite are as documented", "[schema]") {
  const auto folder = suite();
  if (!folder) return;
  const std::string page = schema_page();
  for (const auto* const part : {"optional", "optional/format"}) {
    const outcome sum = run_folder(*folder / part);
    const auto all = std::to_string(static_cast<std::size_t>(sum.right) + sum.wrong.size());
    const auto row = "| `" + std::string{part} + "` | " + std::to_string(sum.right) + " of " + all;
    INFO(row);
    CHECK(page.find(row) != std::string::npos);
  }
}

}  // namespace pawl::flow
