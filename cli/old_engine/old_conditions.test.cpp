#include "cli/old_engine/old_conditions.hpp"

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using pawl::json;
using pawl::cli::different_conditions;

namespace {

/// What is said about a condition; "" if it comes out the same.
std::string difference(const char* rule) {
  const json node{{"id", "c"}, {"type", "condition"}, {"data", {{"expr", json::parse(rule)}}}};
  const auto found = different_conditions({{"nodes", json::array({node})}});
  REQUIRE(found.size() <= 1);
  return found.empty() ? "" : found.front();
}

bool says(const char* rule, const char* words) {
  const std::string text = difference(rule);
  INFO(text);
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("conditions that both engines evaluate alike are not listed", "[import]") {
  for (const char* const rule :
       {R"(true)", R"({"==": [{"var": "status"}, "active"]})", R"({"==": [{"var": "n"}, 1]})",
        R"({"and": [{"==": [{"var": "a"}, "x"]}, {"or": [{"==": [{"var": "b"}, null]}, false]}]})",
        R"({">": [2, 1]})"})
    CHECK(difference(rule).empty());
}

TEST_CASE("a condition that can come out differently is listed with its reasons", "[import]") {
  CHECK(says(R"({"and": [{"==": [{"var": "a"}, "1"]}]})", R"("==" with "1")"));
  CHECK(says(R"({"!=": [{"var": "a"}, 1]})", R"("!=" was unknown)"));
  CHECK(says(R"({"!": {"var": "a"}})", R"("!" was unknown)"));
  CHECK(says(R"({"<": [1, 2]})", R"("<" was true where the package jsonlogic)"));
  CHECK(says(R"({"!!": {"var": "a.b"}})", "a path was not followed"));
  CHECK(says(R"({">": [{"var": "n"}, 3]})", "missing or null"));
  CHECK(says(R"({">=": [{"var": "n"}, "3"]})", "failed the run"));
  CHECK(says(R"({"==": [{"var": "a"}, {"var": "b"}]})", "second operand"));
  CHECK(says(R"({"==": [{"var": ["a", 1]}, 2]})", "a default"));
  CHECK(says(R"({"==": [1]})", "without two operands"));
  CHECK(says(R"({"var": "a"})", "alone was true"));
  CHECK(says(R"({"and": 1})", "without a list"));
  CHECK(says(R"({"a": 1, "b": 2})", "is not a rule"));
}

TEST_CASE("rules of edges are listed, and texts without a flow are skipped", "[import]") {
  const json edge{{"source", "c"}, {"data", {{"when", {{"==", {1, 1}}}}}}};
  const auto found =
      different_conditions({{"nodes", json::array()}, {"edges", json::array({edge})}});
  REQUIRE(found.size() == 1);
  CHECK(found.front().find("edge from \"c\"") != std::string::npos);
  for (const char* const text : {"{}", R"({"nodes": 1, "edges": "x"})", R"({"nodes": [1, null]})",
                                 R"({"nodes": [{"type": "condition", "data": null}]})"})
    CHECK(different_conditions(json::parse(text)).empty());
}
