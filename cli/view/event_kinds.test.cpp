// The documents list every kind of event.
#include <fstream>
#include <sstream>

#include "flow/machine/delta.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

using namespace pawl;

namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  REQUIRE(in);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

}  // namespace

TEST_CASE("docs/cli.md and the OpenAPI description list every kind of event", "[docs]") {
  const std::string manual = text_of(testing::source_dir() / "docs/cli.md");
  std::string description = text_of(testing::source_dir() / "docs/openapi.yaml");
  for (std::size_t n = 0; n <= static_cast<std::size_t>(flow::last_event_kind); ++n) {
    const std::string kind{to_string(static_cast<flow::event_kind>(n))};
    if (kind == "unknown") continue;  // a reserved number
    CAPTURE(kind);
    CHECK(manual.find("`" + kind + "`") != std::string::npos);
    CHECK(description.find(" " + kind + ",") != std::string::npos);
  }
}
