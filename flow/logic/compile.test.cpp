#include "flow/logic/logic.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace pawl::flow::logic {
namespace {

std::vector<diagnostic> diagnostics_of(const json& source, std::string_view pointer = "",
                                       const limits& allowed = {}) {
  std::vector<diagnostic> diagnostics;
  (void)compile(source, pointer, diagnostics, allowed);
  return diagnostics;
}

json nested(int levels) {
  json rule = 1;
  for (int i = 0; i < levels; ++i) rule = json{{"+", json::array({std::move(rule)})}};
  return rule;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("an unknown operator is reported with its place and a suggestion", "[logic]") {
  const json rule = json::parse(R"({"and": [true, {"fliter": [{"var": "a/b"}, true]}]})");
  const auto diagnostics = diagnostics_of(rule, "/edges/0/data/when");
  REQUIRE(diagnostics.size() == 1);
  CHECK(diagnostics[0].level == severity::error);
  CHECK(diagnostics[0].code == "unknown_operator");
  CHECK(diagnostics[0].pointer == "/edges/0/data/when/and/1/fliter");
  CHECK(has(diagnostics[0].message, "\"fliter\""));
  CHECK(has(diagnostics[0].message, "did you mean \"filter\"?"));
}

TEST_CASE("operators of other languages are reported with their JSONLogic name", "[logic]") {
  const auto message = [](const char* name) {
    return diagnostics_of({{name, {1, 2}}}).at(0).message;
  };
  CHECK(has(message("&&"), "did you mean \"and\"?"));
  CHECK(has(message("||"), "did you mean \"or\"?"));
  CHECK(has(message("="), "did you mean \"==\"?"));
  CHECK(has(message("not"), "did you mean \"!\"?"));
  CHECK(has(message("VAR"), "did you mean \"var\"?"));
  CHECK(has(message("missing-some"), "did you mean \"missing_some\"?"));
  CHECK_FALSE(has(message("frobnicate"), "did you mean"));
}

TEST_CASE("all unknown operators are reported at once, also nested ones", "[logic]") {
  const json rule = json::parse(R"([{"a~b": {"c/d": 1}}, {"if": [true, 1, {"": 2}]}])");
  const auto diagnostics = diagnostics_of(rule);
  REQUIRE(diagnostics.size() == 3);
  CHECK(diagnostics[0].pointer == "/0/a~0b");
  CHECK(diagnostics[1].pointer == "/0/a~0b/c~1d");
  CHECK(diagnostics[2].pointer == "/1/if/2/");
}

TEST_CASE("long or frequent unknown operators do not flood the diagnostics", "[logic]") {
  const auto diagnostics = diagnostics_of({{std::string(1'000'000, 'x'), 1}});
  REQUIRE(diagnostics.size() == 1);
  CHECK(diagnostics[0].message.size() < 300);
  CHECK(diagnostics_of(json(5000, json{{"nope", 1}})).size() == 100);
}

TEST_CASE("the diagnostics of a single rule become an error", "[logic]") {
  const auto failed = compile(json::parse(R"({"if": [{"equals": [1, 1]}]})"));
  REQUIRE(!failed);
  CHECK(failed.error().code == errc::invalid_rule);
  CHECK(failed.error().type == "unknown_operator");
  CHECK(failed.error().diagnostics.size() == 1);
  CHECK(has(failed.error().message, "(at /if/0/equals)"));
}

TEST_CASE("a rule with a diagnostic is the null rule", "[logic]") {
  std::vector<diagnostic> diagnostics;
  const rule broken = compile({{"nope", 1}}, "", diagnostics);
  CHECK(broken.source() == nullptr);
  CHECK(broken.evaluate(variables{}).value() == nullptr);
  CHECK(broken.test(variables{}).value() == false);
  CHECK(broken.reads().empty());
}

TEST_CASE("nesting is limited by operators and literals, not by argument arrays", "[logic]") {
  limits allowed;
  allowed.max_depth = 10;
  CHECK(diagnostics_of(nested(10), "", allowed).empty());
  const auto diagnostics = diagnostics_of(nested(11), "/when", allowed);
  REQUIRE(diagnostics.size() == 1);
  CHECK(diagnostics[0].code == "rule_too_deep");
  CHECK(diagnostics[0].pointer == "/when");
  CHECK(has(diagnostics[0].message, "10 levels"));
  CHECK(diagnostics_of(nested(128)).empty());
  CHECK(diagnostics_of(nested(129)).size() == 1);
}

TEST_CASE("nesting is limited to protect the stack, whatever the caller allows", "[logic]") {
  limits allowed;
  allowed.max_depth = 1'000'000;
  CHECK(diagnostics_of(nested(512), "", allowed).empty());
  CHECK(diagnostics_of(nested(513), "", allowed).size() == 1);
  const auto deep = compile(nested(512), allowed);
  REQUIRE(deep);
  CHECK(deep->evaluate(variables{}).value() == 1);
}

TEST_CASE("the number of operators and literals in a rule is limited", "[logic]") {
  limits allowed;
  allowed.max_nodes = 10;
  CHECK(diagnostics_of({{"+", {1, 2, 3, 4, 5, 6, 7, 8, 9}}}, "", allowed).empty());
  const auto diagnostics = diagnostics_of({{"+", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}}, "", allowed);
  REQUIRE(diagnostics.size() == 1);
  CHECK(diagnostics[0].code == "rule_too_large");
  CHECK(diagnostics_of(json(200'000, 1)).at(0).code == "rule_too_large");
}

TEST_CASE("a rule keeps its source and outlives the JSON it was compiled from", "[logic]") {
  rule kept;
  {
    json source = json::parse(R"({"cat": ["a literal text that is not small, ", {"var": "x"}]})");
    kept = compile(source).value();
    CHECK(kept.source() == source);
    source = nullptr;
  }
  const rule copy = kept;
  kept = {};
  const json data{{"x", 1}};
  CHECK(copy.evaluate(variables{data}).value() == "a literal text that is not small, 1");
}

TEST_CASE("reads() lists the literal paths of the variables", "[logic]") {
  const json source = json::parse(R"({"and": [
    {"==": [{"var": "order.total"}, {"var": ["limit", {"var": "fallback"}]}]},
    {"missing": ["name", "order.total"]},
    {"missing": [["street", "city"]]},
    {"missing_some": [1, ["mail", "phone"]]},
    {"var": ""},
    {"var": 3},
    {"var": {"cat": ["computed.", {"var": "which"}]}},
    {"map": [{"var": "lines"}, {"var": "sku"}]},
    {"reduce": [{"var": "lines"}, {"var": "accumulator"}, {"var": "start"}]},
    {"filter": [{"map": [{"var": "inner"}, {"missing": "no"}]},
                {"some": [{"var": "no"}, {"var": "no"}]}]},
    {"a literal": {"var": "no"}, "with": "two keys"}
  ]})");
  CHECK(compile(source).value().reads() ==
        std::vector<std::string>{"order.total", "limit", "fallback", "name", "street", "city",
                                 "mail", "phone", "3", "which", "lines", "start", "inner"});
}

TEST_CASE("the operators are listed sorted", "[logic]") {
  const auto names = operators();
  CHECK(names.size() == 101);
  CHECK(std::is_sorted(names.begin(), names.end()));
  CHECK(std::find(names.begin(), names.end(), "missing_some") != names.end());
}

TEST_CASE("layers are searched in order, by top-level name", "[logic]") {
  const json own{{"run_id", "r1"}, {"x", {{"a", 1}}}, {"gone", nullptr}};
  const json data{{"run_id", "shadowed"}, {"x", {{"a", 2}, {"b", 3}}}, {"gone", 4}, {"y", 5}};
  const json no_object{1, 2};  // nothing is found in it
  variables layers;
  layers.add(own);
  layers.add(no_object);
  layers.add(data);
  const auto value = [&](const json& rule) {
    return compile(rule).value().evaluate(layers).value();
  };
  CHECK(value({{"var", "run_id"}}) == "r1");
  CHECK(value({{"var", "y"}}) == 5);
  CHECK(value({{"var", "x.a"}}) == 1);
  CHECK(value({{"var", {"x.b", "none"}}}) == "none");
  CHECK(value({{"var", {"gone", "none"}}}) == nullptr);
  CHECK(value({{"var", "0"}}) == nullptr);
  CHECK(value({{"missing", {"run_id", "gone", "x.b", "z"}}}) == json{"gone", "x.b", "z"});
  const json merged{{"run_id", "r1"}, {"x", {{"a", 1}}}, {"gone", nullptr}, {"y", 5}};
  CHECK(value({{"var", ""}}) == merged);
  CHECK(value(json::parse(R"({"map": [[{"var": ""}], {"var": "y"}]})")) == json{5});
  CHECK(value(json::parse(R"([{"!!": [{"var": ""}]}, {"cat": [{"var": ""}]}])")) ==
        json{true, "[object Object]"});
}

TEST_CASE("without layers the data is null", "[logic]") {
  CHECK(compile({{"var", ""}}).value().evaluate(variables{}).value() == nullptr);
  CHECK(compile({{"var", {"a", 3}}}).value().evaluate(variables{}).value() == 3);
}

TEST_CASE("test() returns the truth value of the result", "[logic]") {
  const json data{{"big", json(100'000, "some text that is long enough for the heap")}};
  limits tight;
  tight.max_bytes = 100;
  const variables layers{data};
  CHECK(compile({{"var", "big"}}).value().test(layers, tight).value());
  CHECK_FALSE(compile({{"var", "small"}}).value().test(layers, tight).value());
  CHECK(compile({{"!", {{"var", "small"}}}}).value().test(layers, tight).value());
  CHECK_FALSE(compile({{"var", "big"}}).value().evaluate(layers, tight).has_value());
}

}  // namespace
}  // namespace pawl::flow::logic
