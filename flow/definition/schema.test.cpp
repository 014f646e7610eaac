#include "flow/definition/schema.hpp"

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
  for (const json& bad : {json(7), json("object"), json::array(), json(nullptr), json(true)})
    CHECK(errors_of_schema(bad) == lines{"/s bad_schema"});
  CHECK(errors_of_schema({{"type", 7}}) == lines{"/s bad_schema"});
  CHECK(errors_of_schema({{"type", "strnig"}}) == lines{"/s bad_schema"});
  CHECK(errors_of_schema({{"required", 1}}) == lines{"/s bad_schema"});
  CHECK(errors_of_schema({{"$ref", "#/definitions/none"}}) == lines{"/s bad_schema"});
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
  CHECK(misfits(order, json::object()).size() == 1);
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

TEST_CASE("a string too long for patterns is refused if the schema has patterns", "[schema]") {
  const json longer(std::string(2'001, 'a'));
  const auto with_pattern = good_schema({{"pattern", "^(a+)+$"}}).check(longer, "the answer");
  REQUIRE_FALSE(with_pattern);
  CHECK(
      with_pattern.error().message ==
      "the answer has a string of more than 2000 bytes; its schema has patterns, which match only "
      "shorter strings");
  CHECK(good_schema({{"pattern", "^a+$"}}).check(std::string(2'000, 'a'), "the answer"));
  CHECK(good_schema({{"type", "string"}}).check(longer, "the answer"));
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
