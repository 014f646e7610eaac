#include <pawl/version_range.hpp>

#include "tests/support/catch.hpp"

using namespace pawl;

TEST_CASE("a range of versions is a version, or all with the same first numbers") {
  CHECK(*parse_version_range("1.2.3") == version_range{version{1, 2, 3}});
  CHECK(*parse_version_range("1") == version_range{version{1, 0, 0}});
  const version_range major = *parse_version_range("1.x");
  CHECK_FALSE(major.is_single());
  CHECK(major.contains({1, 0, 0}));
  CHECK(major.contains({1, 99, 7}));
  CHECK_FALSE(major.contains({0, 9, 9}));
  CHECK_FALSE(major.contains({2, 0, 0}));
  const version_range minor = *parse_version_range("1.2.x");
  CHECK(minor.contains({1, 2, 0}));
  CHECK_FALSE(minor.contains({1, 3, 0}));
}

TEST_CASE("the text of a range of versions is read as the same range") {
  for (const char* text : {"1.2.3", "0.x", "1.x", "1.0.x", "1.4294967295.x", "4294967295.x"}) {
    CAPTURE(text);
    REQUIRE(parse_version_range(text));
    CHECK(to_string(*parse_version_range(text)) == text);
  }
}

TEST_CASE("a text that is not a range of versions is refused") {
  for (const char* bad :
       {"", "x", ".x", "*", "latest", "v1.x", "1.x.x", "1.2.3.x", "1.x.3", "1.X", "1x", "^1.0.0"}) {
    CAPTURE(bad);
    const auto parsed = parse_version_range(bad);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == errc::invalid_argument);
    CHECK(parsed.error().message.find("1.x or 1.2.x") != std::string::npos);
  }
}
