#include "flow/definition/definition.hpp"
#include "flow/testing/flows.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using flow::testing::mentions;

namespace {

result<json> read(std::string_view text) {
  return parse_json(text, "the flow definition", 1u << 20, 64);
}

std::string message_for(std::string_view text) {
  const auto parsed = read(text);
  REQUIRE_FALSE(parsed);
  return parsed.error().message;
}

}  // namespace

TEST_CASE("a JSON syntax error is reported with line and column", "[json]") {
  CHECK(mentions(message_for("{\"name\": }"), "the flow definition is not valid JSON"));
  CHECK(mentions(message_for("{\"name\": }"), "line 1, column 10"));
  CHECK(mentions(message_for("{\n  \"name\": \"x\",\n  \"nodes\": [1,]\n}"), "line 3, column 15"));
  CHECK(mentions(message_for("{\r\n\t\"a\": tru }"), "line 2, column 10"));
  CHECK(mentions(message_for(""), "line 1, column 1"));
  CHECK(mentions(message_for("{\"a\": 1"), "line 1, column 8"));
  CHECK(mentions(message_for("{} {}"), "line 1, column 4"));
  CHECK(mentions(message_for("{'single': 1}"), "line 1, column 2"));
}

TEST_CASE("a JSON syntax error names the unexpected text", "[json]") {
  CHECK(mentions(message_for("{\"a\": tru}"), "invalid literal"));
  CHECK(mentions(message_for("{\"a\": 1,}"), "unexpected '}'"));
  CHECK_FALSE(mentions(message_for("{\"a\": tru}"), "json.exception"));
}

TEST_CASE("the input quoted in a JSON syntax error is short and printable", "[json]") {
  const std::string raw = message_for("{\"a\": \"\xff\xfe\"}");
  CHECK(std::all_of(raw.begin(), raw.end(), [](char c) { return c >= 0x20 && c < 0x7f; }));
  const std::string endless = message_for("[\"" + std::string(100'000, 'x'));
  CHECK(endless.size() < 400);
  CHECK(mentions(endless, "missing closing quote"));
}

TEST_CASE("a number beyond the range of a double is refused", "[json]") {
  const auto parsed = read("{\"a\": 1e999}");
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == errc::invalid_argument);
  CHECK(mentions(parsed.error().message, "1e999"));
  CHECK_FALSE(mentions(parsed.error().message, "json.exception"));
}

TEST_CASE("text that is too long is refused before it is parsed", "[json]") {
  CHECK(parse_json("[1,2]", "the input", 5, 64));
  const auto parsed = parse_json("[1,22]", "the input", 5, 64);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == errc::limit_exceeded);
  CHECK(parsed.error().message == "the input has 6 bytes; the maximum is 5");
}

TEST_CASE("text that is nested too deep is refused before it is parsed", "[json]") {
  CHECK(parse_json("[[[]]]", "the input", 100, 3));
  CHECK(
      parse_json("[[\"[[[[\\\"[[\"]]", "the input", 100, 3));  // brackets in a string nest nothing
  CHECK(parse_json("[[],[],[[]],{}]", "the input", 100, 3));
  const auto deep = parse_json("{\"a\":[{}]}", "the input", 100, 2);
  REQUIRE_FALSE(deep);
  CHECK(deep.error().code == errc::limit_exceeded);
  CHECK(deep.error().message == "the input is nested deeper than 2 levels");
  const auto bomb = parse_json(std::string(1'000'000, '['), "the input", 1u << 20, 64);
  REQUIRE_FALSE(bomb);
  CHECK(bomb.error().code == errc::limit_exceeded);
}
