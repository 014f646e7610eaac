#include "server/yaml/parse_yaml.hpp"

#include "flow/testing/random_flow.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using namespace pawl::server;
using pawl::testing::contains;

namespace {

constexpr std::size_t max_bytes = 10'000;
constexpr std::uint32_t max_depth = 20;

result<yaml_document> parsed(std::string_view text) {
  return parse_yaml(text, "the flow", max_bytes, max_depth);
}

json value_of(std::string_view text) {
  auto document = parsed(text);
  CAPTURE(text);
  INFO((document ? "" : document.error().message));
  REQUIRE(document);
  return document->value;
}

std::string refusal_of(std::string_view text, errc code = errc::invalid_argument) {
  const auto document = parsed(text);
  CAPTURE(text);
  REQUIRE_FALSE(document);
  CHECK(document.error().code == code);
  return document.error().message;
}

}  // namespace

TEST_CASE("YAML is read as the JSON value that it means", "[yaml]") {
  CHECK(value_of("name: x\nnodes:\n  - id: a\n    type: end\n") ==
        json{{"name", "x"}, {"nodes", json::array({{{"id", "a"}, {"type", "end"}}})}});
  CHECK(value_of("{\"a\": [1, -2.5, 1e3, true, null, \"x\"]}") ==
        json{{"a", {1, -2.5, 1e3, true, nullptr, "x"}}});
  CHECK(value_of("--- # a comment\na: 1\n...\n") == json{{"a", 1}});
  CHECK(value_of("a:\nb: ~\nc: 'null'\nd: \"~\"\n") ==
        json{{"a", nullptr}, {"b", nullptr}, {"c", "null"}, {"d", "~"}});
  CHECK(value_of("text: |\n  two\n  lines\n") == json{{"text", "two\nlines\n"}});
  CHECK(value_of("a: |+\n  x\n\n") == json{{"a", "x\n\n"}});
  CHECK(value_of("a: |-\n  x") == json{{"a", "x"}});
  CHECK(value_of("a: 1\n...\n...\n") == json{{"a", 1}});
  CHECK(value_of("a: 1\n...\n# the end\n") == json{{"a", 1}});
  CHECK(value_of("7") == json(7));
  CHECK(value_of("{}") == json::object());
  CHECK(value_of("1: a\ntrue: b\n\"\": c\n") == json{{"1", "a"}, {"true", "b"}, {"", "c"}});
}

TEST_CASE("plain scalars of YAML mean what the core schema says, with JSON's numbers", "[yaml]") {
  struct example {
    const char* text;
    json value;
  };
  const example examples[] = {
      {"yes", "yes"},
      {"No", "No"},
      {"on", "on"},
      {"off", "off"},
      {"y", "y"},
      {"True", true},
      {"FALSE", false},
      {"tRUE", "tRUE"},
      {"Null", nullptr},
      {"2026-11-29", "2026-11-29"},
      {"12:30:00", "12:30:00"},
      {"1_000", "1_000"},
      {"0", 0},
      {"-0", json::parse("-0")},
      {"18446744073709551615", 18446744073709551615u},
      {"1.0", 1.0},
      {"1e-3", 1e-3},
      {"0b11", "0b11"},
      {"1.2.3", "1.2.3"},
      {"-", "-"},
      {"1e", "1e"},
      {".", "."},
      {"!!str 12", "12"},
      {"'12'", "12"},
      {"30s", "30s"},
      {"{{x}}", nullptr},
  };
  for (const auto& [text, value] : examples) {
    CAPTURE(text);
    if (std::string_view{text} == "{{x}}") {
      CHECK(contains(refusal_of("a: {{x}}\n"), "a key must be a text"));
      continue;
    }
    if (std::string_view{text} == "-") continue;  // an empty item
    CHECK(value_of("a: " + std::string{text} + "\n") == json{{"a", value}});
  }
}

TEST_CASE("YAML that programs read differently is refused with its place", "[yaml]") {
  struct example {
    const char* text;
    const char* reason;
  };
  const example examples[] = {
      {"a: 1\nb: 007\n", "line 2, column 4: \"007\": JSON does not have this number"},
      {"a: 0x1F\n", "line 1, column 4: \"0x1F\": JSON does not have this number"},
      {"a: 0o17\n", "JSON does not have this number"},
      {"a: +5\n", "JSON does not have this number"},
      {"a: .5\n", "JSON does not have this number"},
      {"a: 5.\n", "JSON does not have this number"},
      {"a: -.inf\n", "JSON does not have this number"},
      {"a: .NaN\n", "JSON does not have this number"},
      {"a: 18446744073709551616\n", "cannot be kept exactly"},
      {"a: 1e999\n", "cannot be kept exactly"},
      {"a: 1e-999\n", "cannot be kept exactly"},
      {"a: 1\nb: 2\na: 3\n",
       "line 3, column 1: the key \"a\" is there twice, first at line 1, column 1"},
      {"b: &x {c: 1}\na: {<<: *x}\n", "line 2, column 5: merge keys are not supported"},
      {"a: 1\n---\nb: 2\n", "a second document begins"},
      {"? [1, 2]\n: 3\n", "a key must be a text"},
      {"{a: 1}: 2\n", "a key must be a text"},
      {"? \n: 3\n", "a key must be a text"},
      {"a: !!binary aGk=\n", "the tag \"tag:yaml.org,2002:binary\" is not supported"},
      {"a: !secret x\n", "the tag \"!secret\" is not supported"},
      {"!!set {a: }\n", "is not supported"},
      {"a: *x\n", "line 1, column 4: the referenced anchor is not defined"},
      {"a: &x [1, *x]\n", "would never end"},
      {"a: [1, 2\n", "end of sequence flow not found"},
      {"a: \"x\n", "illegal document indicator in scalar"},
      {"a: 'x\n\n", "illegal document indicator in scalar"},
      {"a: \"x", "illegal document indicator in scalar"},
      {"---\n...\n", "it is empty"},
      {"a: b: c\n", "illegal map value"},
      {"\ta: 1\n", "line 1"},
      {"a: %x\n", "line 1"},
      {"", "line 1, column 1: it is empty"},
      {"# only a comment\n", "it is empty"},
      {"\xef\xbb\xbf"
       "a: 1\n",
       "byte order mark"},
      {"a: \xff\n", "line 1, column 4: it is not UTF-8"},
  };
  for (const auto& [text, reason] : examples) {
    const std::string message = refusal_of(text);
    CAPTURE(text, message);
    CHECK(message.starts_with("the flow is not valid YAML at line "));
    CHECK(contains(message, reason));
  }
  CHECK(contains(refusal_of(std::string_view{"a: \0", 4}), "a NUL byte is not allowed"));
}

TEST_CASE("anchors are replaced, within bounds", "[yaml]") {
  CHECK(value_of("a: &x {b: [1]}\nc: *x\nd: [*x, *x]\n") ==
        json::parse(R"({"a": {"b": [1]}, "c": {"b": [1]}, "d": [{"b": [1]}, {"b": [1]}]})"));
  CHECK(value_of("a: &x hi\nb: [*x]\n*x : 2\n") == json{{"a", "hi"}, {"b", {"hi"}}, {"hi", 2}});
  CHECK(value_of("&k a: 1\nb: *k\n") == json{{"a", 1}, {"b", "a"}});
  CHECK(contains(refusal_of("a: &x 1\n*x : 2\n"), "a key must be a text"));
}

TEST_CASE("hostile YAML is refused soon", "[yaml]") {
  std::string laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    std::string all = before;
    for (int n = 0; n < 8; ++n) all += ", " + before;
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + all + "]\n";
  }
  CHECK(contains(refusal_of(laughs, errc::limit_exceeded), "with its aliases replaced"));

  const std::string long_text = "a: &a " + std::string(4'000, 'x') + "\nb: [*a, *a, *a]\n";
  CHECK(contains(refusal_of(long_text, errc::limit_exceeded), "with its aliases replaced"));

  // Depth, by brackets, by indentation, and by aliases of aliases.
  for (const std::size_t depth : {21u, 4'000u})
    CHECK(contains(
        refusal_of(std::string(depth, '[') + std::string(depth, ']'), errc::limit_exceeded),
        "nested deeper"));
  CHECK(contains(refusal_of(std::string(4'000, '[')), "line 1"));
  CHECK(contains(refusal_of(std::string(4'000, '{')), "a key must be a text"));
  std::string dashes;
  for (int i = 0; i < 3'000; ++i) dashes += "- ";
  CHECK(contains(refusal_of(dashes + "x\n", errc::limit_exceeded), "nested deeper"));
  std::string ladder = "a0: &a0 []\n";
  for (int i = 1; i < 25; ++i)
    ladder += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" +
              std::to_string(i - 1) + "]\n";
  CHECK(contains(refusal_of(ladder, errc::limit_exceeded), "nested deeper"));
  CHECK(value_of(std::string(20, '[') + std::string(20, ']')).is_array());

  CHECK(contains(refusal_of(std::string(max_bytes + 1, ' '), errc::limit_exceeded), "10001 bytes"));
}

TEST_CASE("values of YAML are located by their JSON pointers", "[yaml]") {
  const auto document = parsed(
      "name: x\n"
      "nodes:\n"
      "  - id: a\n"
      "    with: &w {'a/b': [1, 2]}\n"
      "  - id: b\n"
      "    with: *w\n");
  REQUIRE(document);
  const auto at = [&](std::string_view pointer) {
    const auto found = locate(document->value, document->places, pointer);
    return std::to_string(found.line) + ":" + std::to_string(found.column);
  };
  CHECK(at("") == "1:1");
  CHECK(at("/name") == "1:7");
  CHECK(at("/nodes/0") == "3:5");
  CHECK(at("/nodes/0/id") == "3:9");
  CHECK(at("/nodes/0/with/a~1b/1") == "4:26");
  CHECK(at("/nodes/1/id") == "5:9");
  CHECK(at("/nodes/1/with/a~1b/1") == "6:11");  // inside an alias: the alias
  CHECK(at("/nodes/1/type") == "5:5");          // absent: the node
  CHECK(at("/nodes/7") == "3:3");
  CHECK(at("/nodes/x") == "3:3");
  CHECK(at("/name/x") == "1:7");
}

TEST_CASE("JSON is YAML: random flows are read as they are", "[yaml][random]") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    flow::testing::random_source random{seed};
    const json source = flow::testing::flow_generator{random}.make();
    const auto compact = parse_yaml(source.dump(), "the flow", 1u << 20, 64);
    REQUIRE(compact);
    CHECK(compact->value == source);
    const auto indented = parse_yaml(source.dump(2), "the flow", 1u << 20, 64);
    REQUIRE(indented);
    CHECK(indented->value == source);
  }
}
