#include "functions/value_check.hpp"

#include <limits>

#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using pawl::json;
using pawl::functions::check_value;
using pawl::functions::value_limits;

using pawl::testing::contains;

namespace {

std::string problem_of(const json& value, const value_limits& limits = {}) {
  const auto checked = check_value(value, limits);
  if (checked) return "";
  CHECK(checked.error().code == pawl::errc::function_failed);
  CHECK(checked.error().type == "invalid_result");
  return checked.error().message;
}

}  // namespace

TEST_CASE("every JSON value is a valid result") {
  CHECK(problem_of(nullptr).empty());
  CHECK(problem_of(json::parse(R"({"a":[1,-2,3.5,true,null,"é\u0000"],"":{"b/c":[]}})")).empty());
  CHECK(problem_of(std::numeric_limits<std::uint64_t>::max()).empty());
}

TEST_CASE("numbers that JSON cannot express are refused with their place") {
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(problem_of(nan) == "the result is NaN, which JSON cannot express");
  CHECK(problem_of({{"items", {1, 2, {{"a/b~c", nan}}}}}) ==
        "the result at /items/2/a~1b~0c is NaN, which JSON cannot express");
  CHECK(contains(problem_of({{"x", -std::numeric_limits<double>::infinity()}}), "/x is infinite"));
}

TEST_CASE("text that is not UTF-8 is refused with its place") {
  CHECK(problem_of({{"name", "ab\xff"}}) ==
        "the result at /name has text that is not valid UTF-8 at byte 2");
  CHECK(contains(problem_of({{"\xff", 1}}), "has a key that is not valid UTF-8"));
}

TEST_CASE("binary and discarded values are refused") {
  CHECK(contains(problem_of({{"b", json::binary({1, 2})}}), "at /b is binary"));
  CHECK(contains(problem_of(json(json::value_t::discarded)), "discarded"));
}

TEST_CASE("depth and size are limited") {
  const value_limits limits{.max_bytes = 100, .max_depth = 3};
  CHECK(problem_of(json::parse("[[[1]]]"), limits).empty());
  CHECK(problem_of(json::parse("[[[[]]]]"), limits) ==
        "the result at /0/0/0 is nested deeper than 3 levels");
  CHECK(problem_of(std::string(98, 'x'), limits).empty());
  CHECK(contains(problem_of(std::string(99, 'x'), limits), "exceeds the limit of 100 bytes"));
  CHECK(contains(problem_of(std::string(50, '\n'), limits), "exceeds the limit"));
  CHECK(contains(problem_of(json(60, nullptr), limits), "exceeds the limit"));

  json deep = 1;
  for (int i = 0; i < 100'000; ++i) deep = json::array({std::move(deep)});
  CHECK(contains(problem_of(deep), "nested deeper than 100"));
}

TEST_CASE("the counted size is that of the compact text for values without fractions") {
  const auto value = json::parse(R"({"a":[1,-20,true,false,null],"k\n":"é\"\\\u0001","o":{}})");
  const auto size = value.dump().size();
  // An array and an object are counted with one comma more than they have.
  CHECK(problem_of(value, {.max_bytes = size + 3}).empty());
  CHECK_FALSE(problem_of(value, {.max_bytes = size - 1}).empty());
}
