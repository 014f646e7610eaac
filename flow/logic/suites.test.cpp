// The shared suites of JSONLogic implementations, from the directory in the environment variable
// PAWL_JSONLOGIC_SUITES.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "flow/logic/testing/suite.hpp"

namespace pawl::flow::logic {
namespace {

TEST_CASE("every case of the shared suites passes", "[logic]") {
  const char* const folder = std::getenv("PAWL_JSONLOGIC_SUITES");
  if (folder == nullptr || *folder == '\0') {
    WARN("PAWL_JSONLOGIC_SUITES names no folder; only Pawl's own cases are checked");
    return;
  }
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.insert(entry.path());
  }
  CAPTURE(folder);
  REQUIRE(!files.empty());
  int cases = 0;
  for (const auto& file : files) {
    INFO("suite: " << file.string());
    std::ifstream stream{file};
    cases += testing::check_suite(json::parse(stream));
  }
  CHECK(cases > 0);
}

TEST_CASE("a suite's error cases are compared by type", "[logic]") {
  const json unknown{{"rule", {{"frobnicate", 1}}}, {"error", {{"type", "Unknown Operator"}}}};
  const json any{{"rule", {{"frobnicate", 1}}}, {"error", true}};
  const json other{{"rule", {{"frobnicate", 1}}}, {"error", {{"type", "NaN"}}}};
  const json got = testing::outcome(unknown["rule"], nullptr);
  CHECK(testing::matches(unknown, got));
  CHECK(testing::matches(any, got));
  CHECK_FALSE(testing::matches(other, got));
  CHECK_FALSE(testing::matches(unknown, testing::outcome(1, nullptr)));
}

}  // namespace
}  // namespace pawl::flow::logic
