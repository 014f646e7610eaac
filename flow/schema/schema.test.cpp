#include "flow/schema/schema.hpp"

#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

lines errors_of_schema(const json& source) {
  std::vector<diagnostic> diagnostics;
  static_cast<void>(json_schema::compile(source, "/s", diagnostics));
  return codes(diagnostics);
}

json_schema good_schema(const json& source) {
  std::vector<diagnostic> diagnostics;
  auto made = json_schema::compile(source, "/s", diagnostics);
  REQUIRE(codes(diagnostics) == lines{});
  return made;
}

/// Returns the places at which a value does not match.
lines misfits(const json& schema, const json& value) {
  const auto checked = good_schema(schema).check(value, "the input");
  if (checked) return {};
  CHECK(checked.error().code == errc::invalid_argument);
  CHECK(mentions(checked.error().message, "the input does not match its schema"));
  lines places;
  for (const auto& f : checked.error().diagnostics) places.push_back(f.pointer);
  return places;
}

json with_schema(json schema) {
  json flow = chain({start(), task("a"), end()});
  flow["input_schema"] = std::move(schema);
  return flow;
}

const json order{{"type", "object"},
                 {"required", {"id"}},
                 {"additionalProperties", false},
                 {"properties",
                  {{"id", {{"type", "string"}, {"pattern", "^[a-z]+$"}}},
                   {"lines", {{"type", "array"}, {"items", {{"type", "integer"}}}}}}}};

}  // namespace

TEST_CASE("an invalid JSON Schema is reported with its place", "[schema]") {
  for (const json& bad : {json(7), json("object"), json::array(), json(nullptr)})
    CHECK(errors_of_schema(bad) == lines{"/s bad_schema"});
  CHECK(errors_of_schema({{"type", 7}}) == lines{"/s/type bad_schema"});
  CHECK(errors_of_schema({{"type", "strnig"}}) == lines{"/s/type bad_schema"});
  CHECK(errors_of_schema({{"required", 1}}) == lines{"/s/required bad_schema"});
  CHECK(errors_of_schema({{"$ref", "#/definitions/none"}}) == lines{"/s/$ref bad_schema"});
  CHECK(errors_of_schema({{"$ref", "#none"}}) == lines{"/s/$ref bad_schema"});
  CHECK(errors_of_schema({{"multipleOf", 0}}) == lines{"/s/multipleOf bad_schema"});
  CHECK(errors_of_schema({{"minLength", -1}}) == lines{"/s/minLength bad_schema"});
  CHECK(errors_of_schema({{"exclusiveMinimum", true}}) == lines{"/s/exclusiveMinimum bad_schema"});
  CHECK(errors_of_schema({{"anyOf", json::array()}}) == lines{"/s/anyOf bad_schema"});
  CHECK(errors_of_schema({{"items", {true, 7}}}) == lines{"/s/items/1 bad_schema"});
  CHECK(errors_of_schema({{"properties", {{"a", {{"$ref", "http://x.example/s.json"}}}}}}) ==
        lines{"/s/properties/a/$ref bad_schema"});
  CHECK(errors_of_schema({{"allOf", {{{"$ref", "other.json"}}}}}) ==
        lines{"/s/allOf/0/$ref bad_schema"});
  CHECK(errors_of_schema(json::object()) == lines{});
  CHECK(errors_of_schema({{"enum", {{{"$ref", "just a value"}}}}}) == lines{});
}

TEST_CASE("a value that does not match is reported with its places", "[schema]") {
  CHECK(misfits(order, {{"id", "abc"}, {"lines", {1, 2}}}) == lines{});
  CHECK(misfits(order, {{"id", "abc"}, {"lines", {1, "x"}}}).front() == "/lines/1");
  CHECK(misfits(order, {{"id", "ABC"}}).front() == "/id");
  CHECK(misfits(order, json::object()) == lines{"/id"});
  CHECK(misfits({{"items", {{"required", {"a/b"}}}}}, json::array({json::object()})) ==
        lines{"/0/a~1b"});
  CHECK(misfits({{"dependencies", {{"a", {"b"}}}}}, {{"a", 1}}) == lines{"/b"});
  CHECK_FALSE(misfits(order, {{"id", "abc"}, {"more", 1}}).empty());
  CHECK_FALSE(misfits(order, 7).empty());
}

TEST_CASE("a schema may refer to its own definitions, and to itself", "[schema]") {
  const json tree{
      {"definitions",
       {{"node",
         {{"type", "object"}, {"properties", {{"next", {{"$ref", "#/definitions/node"}}}}}}}}},
      {"$ref", "#/definitions/node"}};
  CHECK(misfits(tree, {{"next", {{"next", json::object()}}}}) == lines{});
  CHECK_FALSE(misfits(tree, {{"next", {{"next", 7}}}}).empty());
}

TEST_CASE("schemas with circular or exploding references are refused", "[schema]") {
  const auto ref = [](const char* to) { return json{{"$ref", to}}; };
  for (const json& bad :
       {ref("#"), json{{"allOf", json::array({ref("#")})}}, json{{"not", ref("#")}},
        json{{"definitions", {{"a/b", ref("#/definitions/c")}, {"c", ref("#/definitions/a~1b")}}},
             {"$ref", "#/definitions/c"}},
        json{{"definitions", {{"%", {{"anyOf", json::array({true, ref("#/definitions/%25")})}}}}}},
        json{{"properties", {{"x", {{"if", ref("#/properties/x")}}}}}},
        json{{"allOf", json::array({json::object(), ref("#/allOf/1")})}}}) {
    CAPTURE(bad.dump());
    CHECK(errors_of_schema(bad) == lines{"/s bad_schema"});
  }
  json doubling{{"definitions", {{"0", json::object()}}}};
  for (int i = 1; i <= 40; ++i) {
    const auto before = ref(("#/definitions/" + std::to_string(i - 1)).c_str());
    doubling["definitions"][std::to_string(i)] = {{"allOf", {before, before}}};
  }
  CHECK(errors_of_schema(doubling) == lines{"/s bad_schema"});
}

TEST_CASE("the number of reported places is limited", "[schema]") {
  json many = json::array();
  for (int i = 0; i < 200; ++i) many.push_back("x");
  const auto checked = good_schema({{"items", {{"type", "integer"}}}}).check(many, "the input");
  REQUIRE_FALSE(checked);
  CHECK(checked.error().diagnostics.size() <= 20);
}

TEST_CASE("a pattern matches strings of any length", "[schema]") {
  const json longer(std::string(100'001, 'a'));
  CHECK(good_schema({{"pattern", "^(a+)+$"}}).check(longer, "the answer"));
  CHECK_FALSE(good_schema({{"pattern", "^(a+)+b$"}}).check(longer, "the answer"));
  CHECK(good_schema({{"pattern", "^a+$"}}).check(std::string(2'000, 'a'), "the answer"));
  CHECK(good_schema({{"type", "string"}}).check(longer, "the answer"));
}

TEST_CASE("a bad pattern is found anywhere in a schema", "[schema]") {
  const std::string bad = "(?=a)";
  CHECK(errors_of_schema({{"pattern", bad}}) == lines{"/s/pattern bad_schema"});
  CHECK(errors_of_schema({{"properties", {{"a", {{"items", {{"pattern", bad}}}}}}}}) ==
        lines{"/s/properties/a/items/pattern bad_schema"});
  CHECK(errors_of_schema({{"patternProperties", {{bad, true}}}}) ==
        lines{"/s/patternProperties/(?=a) bad_schema"});
  for (const char* const unused : {"definitions", "$defs"})
    CHECK(errors_of_schema({{unused, {{"a", {{"pattern", bad}}}}}}) ==
          lines{"/s/" + std::string{unused} + "/a/pattern bad_schema"});
  CHECK(errors_of_schema({{"else", {{"pattern", bad}}}}) == lines{"/s/else/pattern bad_schema"});
  CHECK(errors_of_schema({{"enum", {{{"pattern", bad}}}}}) == lines{});

  std::vector<diagnostic> diagnostics;
  static_cast<void>(json_schema::compile({{"pattern", bad}}, "/s", diagnostics));
  CHECK(diagnostics.front().message ==
        "invalid JSON Schema: the pattern \"(?=a)\" has a look-ahead, which cannot be matched in "
        "linear time (see RE2)");
}

TEST_CASE("a stored schema with a malformed keyword works in all other parts", "[schema]") {
  const json source{{"properties", {{"a", {{"pattern", "(?=a)"}}}, {"b", {{"type", "integer"}}}}}};
  std::vector<diagnostic> diagnostics;
  schema::pattern_memory patterns;
  const auto made =
      json_schema::compile(source, "/s", diagnostics, patterns, definition_origin::stored);
  REQUIRE(diagnostics.size() == 1);
  CHECK(diagnostics.front().level == severity::warning);
  CHECK(diagnostics.front().pointer == "/s/properties/a/pattern");
  CHECK(made.check({{"b", 1}}, "the input"));
  CHECK_FALSE(made.check({{"b", "x"}}, "the input"));
  const auto refused = made.check({{"a", "x"}}, "the input");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message ==
        "the input does not match its schema: at \"/a\": cannot be checked, because its schema is "
        "invalid: the pattern \"(?=a)\" has a look-ahead, which cannot be matched in linear time "
        "(see RE2) (/properties/a/pattern)");

  for (const json& broken : {json{{"$ref", "#"}}, json{{"$ref", "x.json"}}, json(7)}) {
    diagnostics.clear();
    const auto none =
        json_schema::compile(broken, "/s", diagnostics, patterns, definition_origin::stored);
    CHECK(codes(diagnostics) == lines{});
    CHECK_FALSE(none.check(json::object(), "the input"));
  }
}

TEST_CASE("a stored flow compiles although its schema would be refused today", "[schema]") {
  json flow = with_schema({{"properties", {{"a", {{"pattern", "(?=a)"}}}}}});
  CHECK(errors_of(flow) == lines{"/input_schema/properties/a/pattern bad_schema"});
  const auto stored = compile(flow, test_version, {}, definition_origin::stored);
  REQUIRE(stored.flow);
  CHECK(stored.flow->input()->check({{"b", 1}}, "the input"));
  CHECK_FALSE(stored.flow->input()->check({{"a", "a"}}, "the input"));
}

TEST_CASE("a mismatch says what is expected, what came, and which keyword refuses", "[schema]") {
  const auto message = [](const json& schema, const json& value) {
    const auto checked = good_schema(schema).check(value, "it");
    return checked ? "" : checked.error().diagnostics.front().message;
  };
  CHECK(message({{"type", {"integer", "null"}}}, "x") ==
        "must be null or an integer, not \"x\" (/type)");
  CHECK(message({{"enum", {"a", 1}}}, "b") == "must be one of \"a\", 1, not \"b\" (/enum)");
  CHECK(message({{"const", 5}}, json::object()) == "must be 5, not an object (/const)");
  CHECK(message({{"minimum", 3}}, 2.5) == "must be at least 3, not 2.5 (/minimum)");
  CHECK(message({{"multipleOf", 0.01}}, 19.995) ==
        "must be a multiple of 0.01, not 19.995 (/multipleOf)");
  CHECK(message({{"maxLength", 1}}, "äb") == "must have at most 1 character, not 2 (/maxLength)");
  CHECK(message({{"pattern", "^a$"}}, "b") ==
        "must match the pattern \"^a$\", not \"b\" (/pattern)");
  CHECK(message({{"format", "date"}}, "2026-02-30") ==
        "must be a date (2026-12-31), not \"2026-02-30\" (/format)");
  CHECK(message({{"minItems", 2}}, json::array({1})) ==
        "must have at least 2 items, not 1 (/minItems)");
  CHECK(message({{"uniqueItems", true}}, json::array({1, 2, 1.0})) ==
        "must have different items; items 0 and 2 are equal (/uniqueItems)");
  CHECK(message({{"required", {"id"}}}, json::object()) == "is required (/required)");
  CHECK(message({{"additionalProperties", false}}, {{"x", 1}}) ==
        "is not allowed (/additionalProperties)");
  CHECK(message({{"dependencies", {{"a", {"b"}}}}}, {{"a", 1}}) ==
        "is required, because there is \"a\" (/dependencies/a)");
  CHECK(
      message({{"oneOf", {true, true, false}}}, 1) ==
      "must match exactly one of the 3 schemas of \"oneOf\"; it matches schemas 0 and 1 (/oneOf)");
  CHECK(message({{"definitions", {{"a/b", {{"type", "null"}}}}},
                 {"items", {{"$ref", "#/definitions/a~1b"}}}},
                json::array({1})) == "must be null, not 1 (/definitions/a~1b/type)");
}

TEST_CASE("keywords of other drafts are warned of", "[schema]") {
  const auto warnings = [](const json& source) {
    std::vector<diagnostic> diagnostics;
    static_cast<void>(json_schema::compile(source, "/s", diagnostics));
    return codes(diagnostics, severity::warning);
  };
  CHECK(warnings({{"items", {{"prefixItems", {true}}}}}) ==
        lines{"/s/items/prefixItems ignored_keyword"});
  CHECK(warnings({{"$schema", "https://json-schema.org/draft/2020-12/schema"}}) ==
        lines{"/s/$schema ignored_keyword"});
  CHECK(warnings({{"$schema", "http://json-schema.org/draft-07/schema#"}}) == lines{});
  CHECK(warnings({{"properties", {{"prefixItems", true}}}}) == lines{});
}

TEST_CASE("a check that needs too much work is refused, not finished", "[schema]") {
  const auto refused = [](const json& schema, const json& value) {
    const auto checked = good_schema(schema).check(value, "the input");
    return !checked && checked.error().code == errc::limit_exceeded &&
           checked.error().type == "schema_limit";
  };
  // Two subschemas for each level of the value: 2^40 checks.
  const json ref{{"$ref", "#"}};
  const json doubling{
      {"anyOf", {{{"items", ref}, {"minItems", 2}}, {{"items", ref}, {"minItems", 2}}}}};
  json deep = 1;
  for (int i = 0; i < 40; ++i) deep = json::array({std::move(deep)});
  const json whole{{"allOf", {{{"items", ref}}, {{"items", ref}}}}};
  CHECK(refused(whole, deep));
  CHECK_FALSE(refused(doubling, deep));  // the first mismatch decides
  // A negation does not turn a refused check into a success.
  CHECK(refused(
      {{"not",
        {{"not",
          {{"definitions", {{"w", whole}}}, {"allOf", {{{"items", ref}}, {{"items", ref}}}}}}}}},
      deep));

  json numbers = json::array();
  for (int i = 0; i < 20'000; ++i) numbers.push_back(i);
  CHECK(good_schema({{"uniqueItems", true}}).check(numbers, "the input"));
  CHECK(refused({{"pattern", "(?:[ab]{0,30}){30}c"}}, std::string(100'000, 'a')));

  const auto checked = good_schema({{"items", true}}).check(numbers, "the input", 1'000);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().message ==
        "the input cannot be checked against its schema: that takes more than 1000 steps; use a "
        "simpler schema or a smaller value");
}

TEST_CASE("a deep value is checked without deep recursion", "[schema]") {
  const json tree{
      {"definitions", {{"node", {{"properties", {{"next", {{"$ref", "#/definitions/node"}}}}}}}}},
      {"$ref", "#/definitions/node"}};
  json deep = 1;
  for (int i = 0; i < 999; ++i) deep = json{{"next", std::move(deep)}};
  CHECK(good_schema(tree).check(deep, "the input"));
  json layered = tree;
  for (int i = 0; i < 5; ++i)
    layered["definitions"]["node"] = {{"allOf", {layered["definitions"]["node"]}}};
  const auto checked = good_schema(layered).check(deep, "the input");
  REQUIRE_FALSE(checked);
  CHECK(checked.error().message ==
        "the input cannot be checked against its schema: it nests deeper than 3000 levels of "
        "schemas and values; use a simpler schema or a smaller value");
}

TEST_CASE("the patterns of a flow share their memory", "[schema]") {
  json patterns = json::object();
  for (int i = 0; i < 40; ++i) patterns["^" + std::to_string(i) + "[^x]{1,900}$"] = true;
  const auto ask = [&](const char* id) {
    return node_of(id, "interrupt",
                   {{"question", 1}, {"schema", {{"patternProperties", patterns}}}});
  };
  CHECK(errors_of(chain({start(), ask("a"), end()})) == lines{});
  const auto errors = errors_of(chain({start(), ask("a"), ask("b"), end()}));
  REQUIRE_FALSE(errors.empty());
  CHECK(errors.front().starts_with("/nodes/2/data/schema/patternProperties/"));
}

TEST_CASE("the number of reported problems of a schema is limited", "[schema]") {
  json many = json::object();
  for (int i = 0; i < 1'000; ++i) many["p" + std::to_string(i)] = 7;
  CHECK(errors_of_schema({{"properties", many}}).size() == 100);
}

TEST_CASE("an empty schema accepts everything", "[schema]") {
  for (const json& value : {json(nullptr), json(1), json{{"a", 1}}})
    CHECK(json_schema{}.check(value, "the input"));
}

TEST_CASE("the input schema of a flow is checked, kept and applied at the start",
          "[schema][start]") {
  CHECK(errors_of(with_schema(7)) == lines{"/input_schema bad_schema"});
  CHECK(errors_of(with_schema({{"properties", {{"a", {{"$ref", "x.json"}}}}}})) ==
        lines{"/input_schema/properties/a/$ref bad_schema"});
  const json flow = with_schema(order);
  CHECK(errors_of(flow) == lines{});
  std::vector<diagnostic> diagnostics;
  CHECK(to_json(parse_definition(flow, diagnostics)).at("input_schema") == order);

  driven_run run{flow};
  const auto refused = run.begin({{"id", "ABC"}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::invalid_argument);
  CHECK(mentions(refused.error().message, "the input does not match its schema: at \"/id\""));
  CHECK(run.state().sequence == 0);
  REQUIRE(run.begin({{"id", "abc"}}));
  CHECK(run.waiting_at() == lines{"a"});
}

TEST_CASE("a quote ends the local part of an address unless a backslash escapes it") {
  const json schema{{"format", "email"}};
  CHECK(misfits(schema, R"("a\"b"@example.com)").empty());
  CHECK(misfits(schema, R"("a\\b"@example.com)").empty());
  CHECK(misfits(schema, R"("a\\"b"@example.com)").size() == 1);
  CHECK(misfits(schema, R"("a"b"@example.com)").size() == 1);
}
