#include "cli/json_place.hpp"

#include "tests/support/catch.hpp"

using pawl::cli::node_of;
using pawl::cli::text_place;

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

TEST_CASE("a pointer's value is found by line and column") {
  CHECK(node_of(text, "") == text_place{1, 1});
  CHECK(node_of(text, "/nodes") == text_place{3, 12});
  CHECK(node_of(text, "/nodes/0/id") == text_place{4, 12});
  CHECK(node_of(text, "/nodes/0/flags/2") == text_place{4, 50});
  CHECK(node_of(text, "/nodes/1") == text_place{5, 5});
  CHECK(node_of(text, "/nodes/1/a~1b/~0") == text_place{5, 30});
  CHECK(node_of(text, "/name") == text_place{7, 11});
}

TEST_CASE("a pointer to what is missing leads to what is around it") {
  CHECK(node_of(text, "/nodes/1/data/args") == text_place{5, 5});
  CHECK(node_of(text, "/nodes/7") == text_place{3, 12});
  CHECK(node_of(text, "/edges") == text_place{1, 1});
  CHECK(node_of("  7", "/x/y") == text_place{1, 3});
}
