#include "flow/values/json_location.hpp"

#include "tests/support/catch.hpp"

using pawl::flow::locate;
using pawl::flow::locate_twice;
using pawl::flow::text_location;

namespace {

constexpr std::string_view text = R"({
  "name": "a \"quoted\" }",
  "nodes": [
    {"id": "x", "n": -1.5e3, "flags": [true, [], {}]},
    {"id": "y", "a/b": {"~": null}}
  ],
  "name": "twice"
})";

}  // namespace

TEST_CASE("a pointer is resolved to line and column") {
  CHECK(locate(text, "") == text_location{1, 1});
  CHECK(locate(text, "/nodes") == text_location{3, 12});
  CHECK(locate(text, "/nodes/0/id") == text_location{4, 12});
  CHECK(locate(text, "/nodes/0/flags/2") == text_location{4, 50});
  CHECK(locate(text, "/nodes/1") == text_location{5, 5});
  CHECK(locate(text, "/nodes/1/a~1b/~0") == text_location{5, 30});
  CHECK(locate(text, "/name") == text_location{7, 11});
}

TEST_CASE("a pointer to a missing value resolves to its container") {
  CHECK(locate(text, "/nodes/1/data/args") == text_location{5, 5});
  CHECK(locate(text, "/nodes/7") == text_location{3, 12});
  CHECK(locate(text, "/edges") == text_location{1, 1});
  CHECK(locate("  7", "/x/y") == text_location{1, 3});
}

TEST_CASE("the two places of a duplicate key are found") {
  constexpr std::string_view twice = "{\n  \"a\": [{\"x\": 1,\n   \"y\": {}, \"\\u0078\": tru";
  const auto [first, second] = locate_twice(twice, "/a/0", "x");
  CHECK(first == text_location{2, 10});
  CHECK(second == text_location{3, 13});
}
