// Random schemas and values: whatever they are, a check ends within its budget.

#include <cstdlib>
#include <iostream>

#include "flow/schema/schema.hpp"
#include "flow/schema/validation.hpp"
#include "flow/testing/random_source.hpp"
#include "tests/support/catch.hpp"

namespace pawl::flow {
namespace {

using testing::random_source;

/// Makes schemas that refer to themselves, double for each level, and match hostile patterns.
class schema_generator {
 public:
  explicit schema_generator(std::uint64_t seed) : random_(seed) {}

  json root() {
    json made = schema(4);
    if (!made.is_object()) return made;
    for (const char* const name : {"a", "b"}) made["definitions"][name] = schema(3);
    return made;
  }

  json value(int depth) {
    switch (random_.below(depth > 0 ? 8 : 5)) {
      case 0:
        return random_.pick(numbers_);
      case 1:
        return random_.chance(2);
      case 2:
        return nullptr;
      case 3:
      case 4:
        return text();
      case 5:
        return nested();
      case 6: {
        json list = json::array();
        for (auto i = random_.below(6); i > 0; --i) list.push_back(value(depth - 1));
        return list;
      }
      default: {
        json object = json::object();
        for (auto i = random_.below(6); i > 0; --i) object[random_.pick(names_)] = value(depth - 1);
        return object;
      }
    }
  }

 private:
  json schema(int depth) {
    if (depth == 0 || random_.chance(12)) return leaf();
    json made = json::object();
    for (auto i = 1 + random_.below(3); i > 0; --i) add(made, depth - 1);
    return made;
  }

  json leaf() {
    switch (random_.below(6)) {
      case 0:
        return random_.chance(2);
      case 1:
        return {{"$ref", random_.pick(references_)}};
      case 2:
        return {{"type", random_.pick(types_)}};
      case 3:
        return {{"pattern", random_.pick(patterns_)}};
      case 4:
        return {{"enum", {value(1), value(1), 1.0}}};
      default:
        return {{"format", random_.pick(formats_)}};
    }
  }

  void add(json& to, int depth) {
    switch (random_.below(16)) {
      case 0:
      case 1:
        to[random_.pick(lists_)] = {schema(depth), schema(depth)};
        return;
      case 2:
        to["items"] = schema(depth);
        return;
      case 3:
        to["items"] = {schema(depth), schema(depth)};
        to["additionalItems"] = schema(depth);
        return;
      case 4:
        to["properties"][random_.pick(names_)] = schema(depth);
        return;
      case 5:
        to["patternProperties"][random_.pick(patterns_)] = schema(depth);
        return;
      case 6:
        to["additionalProperties"] = schema(depth);
        return;
      case 7:
        to["propertyNames"] = schema(depth);
        return;
      case 8:
        to["not"] = schema(depth);
        return;
      case 9:
        to["if"] = schema(depth);
        to["then"] = schema(depth);
        to["else"] = schema(depth);
        return;
      case 10:
        to["contains"] = schema(depth);
        return;
      case 11:
        to["dependencies"] = {{random_.pick(names_), schema(depth)},
                              {random_.pick(names_), {random_.pick(names_)}}};
        return;
      case 12:
        to["uniqueItems"] = true;
        return;
      case 13:
        to["multipleOf"] = random_.pick(divisors_);
        to["minimum"] = random_.pick(numbers_);
        return;
      case 14:
        to["const"] = value(2);
        return;
      default:
        to[random_.chance(2) ? "maxLength" : "minItems"] = random_.below(4);
        to["required"] = {random_.pick(names_)};
    }
  }

  json text() {
    if (random_.chance(3)) return random_.pick(names_);
    std::string made;
    for (auto i = random_.below(random_.chance(20) ? 3'000 : 30); i > 0; --i)
      made += random_.pick(characters_);
    return made;
  }

  /// A value as deep as a value may be, or nearly.
  json nested() {
    json made = 1;
    for (auto i = random_.below(random_.chance(50) ? 990 : 20); i > 0; --i)
      made = random_.chance(2) ? json::array({std::move(made)})
                               : json{{random_.pick(names_), std::move(made)}};
    return made;
  }

  random_source random_;
  const std::vector<json> numbers_ = {0, 1, 1.0, -3, 19.99, 1e300, 5e-324, 18446744073709551615u};
  const std::vector<json> divisors_ = {1, 0.01, 3, 7e-300};
  const std::vector<std::string> names_ = {"a", "b", "aa", "", "ä/~"};
  const std::vector<std::string> characters_ = {"a", "b", "1", " ", "ä", "\n"};
  const std::vector<std::string> references_ = {"#", "#/definitions/a", "#/definitions/b",
                                                "#/definitions/a",
                                                "http://json-schema.org/draft-07/schema#"};
  const std::vector<std::string> types_ = {"null",    "boolean", "string", "number",
                                           "integer", "array",   "object"};
  const std::vector<std::string> patterns_ = {
      "^([a-z]+ ?)*$", "(a|b)*a(a|b){20}", "(?:[ab]{0,30}){30}c", "^(a+)+$", "^.{1,9}$", ""};
  const std::vector<std::string> formats_ = {"date", "uri", "regex", "ipv6", "email", "unknown"};
  const std::vector<std::string> lists_ = {"allOf", "anyOf", "oneOf"};
};

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

TEST_CASE("a check of a random schema ends within its budget", "[schema][random]") {
  constexpr std::uint64_t max_steps = 20'000;
  const auto pairs = number_from_environment("PAWL_TEST_SCHEMAS", 10'000);
  const auto first_seed = number_from_environment("PAWL_TEST_SEED", 1) * 1'000'003;
  std::uint64_t compiled = 0, valid = 0, over = 0, checks = 0;
  for (std::uint64_t seed = first_seed; checks < pairs; ++seed) {
    schema_generator make{seed};
    const json source = make.root();
    CAPTURE(seed);
    std::vector<diagnostic> diagnostics;
    const auto schema = json_schema::compile(source, "", diagnostics);
    if (!diagnostics.empty()) {
      ++checks;
      continue;  // circular
    }
    ++compiled;
    for (int i = 0; i < 5; ++i, ++checks) {
      const json value = make.value(4);
      const auto got = schema.check(value, "it", max_steps);
      valid += got ? 1 : 0;
      if (got) continue;
      if (got.error().code == errc::limit_exceeded) {
        ++over;
        REQUIRE(got.error().type == "schema_limit");
        continue;
      }
      REQUIRE(got.error().code == errc::invalid_argument);
      REQUIRE(!got.error().diagnostics.empty());
      for (const auto& each : got.error().diagnostics) {
        if (each.pointer.ends_with("…")) continue;
        const json::json_pointer at{each.pointer};
        const bool is_missing = each.message.find("is required") != std::string::npos;
        REQUIRE(value.contains(is_missing ? at.parent_pointer() : at));
      }
      // A check with half the budget has the same result, or none.
      const auto again = schema.check(value, "it", max_steps / 2);
      REQUIRE(
          (!again && (again.error() == got.error() || again.error().code == errc::limit_exceeded)));
    }
  }
  // The generator reaches all outcomes.
  CHECK(compiled > pairs / 20);
  CHECK(valid > pairs / 50);
  CHECK(over > pairs / 5'000);
}

}  // namespace pawl::flow
