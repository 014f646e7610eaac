// Hostile rules and data: each evaluation ends soon, with a result or with `limit_exceeded`.

#include <chrono>
#include <string>

#include "flow/logic/logic.hpp"
#include "tests/support/catch.hpp"

namespace pawl::flow::logic {
namespace {

constexpr int deep = 200'000;

json evaluated(const json& rule, const json& data, const limits& allowed = {}) {
  auto made = compile(rule).value().evaluate(variables{data}, allowed);
  INFO("error: " << (made ? "none" : made.error().message));
  REQUIRE(made);
  return *std::move(made);
}

error failure(const json& rule, const json& data, const limits& allowed = {}) {
  const auto made = compile(rule).value().evaluate(variables{data}, allowed);
  REQUIRE(!made);
  return made.error();
}

json parsed(const char* text) {
  return json::parse(text);
}

json deep_array(int levels) {
  json inner = 7;
  for (int i = 0; i < levels; ++i) {
    json outer = json::array();
    outer.push_back(std::move(inner));
    inner = std::move(outer);
  }
  return inner;
}

json deep_object(int levels) {
  json inner = 7;
  for (int i = 0; i < levels; ++i) {
    json outer = json::object();
    outer["a"] = std::move(inner);
    inner = std::move(outer);
  }
  return inner;
}

// Returns the depth of a value with a single path, without recursion.
int depth_of(const json& value) {
  int depth = 0;
  for (const json* at = &value; at->is_structured(); at = &*at->begin()) ++depth;
  return depth;
}

json numbers(int count) {
  json made = json::array();
  for (int i = 0; i < count; ++i) made.push_back(i);
  return made;
}

TEST_CASE("a rule of any depth is refused without using the stack", "[logic]") {
  for (const json& rule : {deep_array(deep), deep_object(deep)}) {
    const auto refused = compile(rule);
    REQUIRE(!refused);
    CHECK(refused.error().type == "rule_too_deep");
  }
  json calls = 1;
  for (int i = 0; i < deep; ++i) {
    json outer = json::object();
    outer["!"] = std::move(calls);
    calls = std::move(outer);
  }
  CHECK(!compile(calls).has_value());
}

TEST_CASE("data of any depth is read, written and returned without using the stack", "[logic]") {
  limits roomy;
  roomy.max_bytes = 256u << 20;
  const json data{{"array", deep_array(deep)}, {"object", deep_object(deep)}};
  CHECK(depth_of(evaluated({{"var", "array"}}, data, roomy)) == deep);
  CHECK(depth_of(evaluated({{"var", "object"}}, data, roomy)) == deep);
  CHECK(evaluated({{"cat", {{{"var", "array"}}}}}, data, roomy) == "7");
  CHECK(evaluated({{"==", {{{"var", "array"}}, 7}}}, data, roomy) == true);
  CHECK(evaluated({{"<", {{{"var", "array"}}, 8}}}, data, roomy) == true);
  CHECK(evaluated({{"max", {{{"var", "array"}}}}}, data, roomy) == 7);
  std::string path = "object";
  for (int i = 0; i < deep; ++i) path += ".a";
  CHECK(evaluated({{"var", path}}, data, roomy) == 7);
  CHECK(evaluated({{"var", {{"cat", {path, ""}}}}}, data, roomy) == 7);
}

TEST_CASE("nested iterations end when the steps are used up", "[logic]") {
  const json rule = parsed(R"({"map": [{"var": "n"}, {"map": [[1,2,3,4,5,6,7,8,9,10],
      {"reduce": [[1,2,3,4,5,6,7,8,9,10], {"+": [1, 1]}, 0]}]}]})");
  const error e = failure(rule, {{"n", numbers(100'000)}});
  CHECK(e.code == errc::limit_exceeded);
  CHECK(e.message.find("1000000 steps") != std::string::npos);
  limits few;
  few.max_steps = 100;
  CHECK(failure({{"map", {{{"var", ""}}, 1}}}, numbers(101), few).code == errc::limit_exceeded);
  CHECK(evaluated({{"all", {{{"var", ""}}, 1}}}, numbers(90), few) == true);
}

TEST_CASE("a rule pays for its literals", "[logic]") {
  json rule{{"map", {{{"var", ""}}, {{"+", numbers(90'000)}}}}};
  CHECK(failure(rule, numbers(1000)).code == errc::limit_exceeded);
}

TEST_CASE("a string that doubles in every round stops at the byte budget", "[logic]") {
  const json rule = parsed(R"({"reduce": [{"var": ""},
      {"cat": [{"var": "accumulator"}, {"var": "accumulator"}]}, "ha"]})");
  CHECK(evaluated(rule, numbers(10)).get<std::string>().size() == 2048);
  const error e = failure(rule, numbers(64));
  CHECK(e.code == errc::limit_exceeded);
  CHECK(e.message.find("16777216 bytes") != std::string::npos);
}

TEST_CASE("arrays that double in every round stop at the byte budget", "[logic]") {
  const json rule = parsed(R"({"reduce": [{"var": ""},
      {"merge": [{"var": "accumulator"}, {"var": "accumulator"}]}, [1]]})");
  CHECK(evaluated(rule, numbers(10)).size() == 1024);
  CHECK(failure(rule, numbers(64)).code == errc::limit_exceeded);
}

TEST_CASE("a result that repeats big data stops at the byte budget", "[logic]") {
  const json data{{"big", std::string(1'000'000, 'x')}, {"n", numbers(100)}};
  CHECK(evaluated({{"var", "big"}}, data).get<std::string>().size() == 1'000'000);
  json rule = json::array();
  for (int i = 0; i < 50; ++i) rule.push_back({{"var", "big"}});
  CHECK(failure(rule, data).code == errc::limit_exceeded);
  CHECK(compile(rule).value().test(variables{data}).value());
}

TEST_CASE("arrays nested by a loop stop at the depth limit", "[logic]") {
  const json wrap = parsed(R"({"reduce": [{"var": ""}, [{"var": "accumulator"}], 1]})");
  CHECK(depth_of(evaluated(wrap, numbers(100))) == 100);
  const error e = failure(wrap, numbers(100'000));
  CHECK(e.code == errc::limit_exceeded);
  CHECK(e.message.find("deeper than 128") != std::string::npos);
  limits deeper;
  deeper.max_depth = 1'000'000;
  CHECK(depth_of(evaluated(wrap, numbers(512), deeper)) == 512);
  CHECK(failure(wrap, numbers(513), deeper).code == errc::limit_exceeded);
  const json frames = parsed(R"({"reduce": [{"var": ""}, {"var": ""}, null]})");
  CHECK(failure(frames, numbers(100'000)).code == errc::limit_exceeded);
}

TEST_CASE("an accumulator that is kept does not change", "[logic]") {
  const json rule = parsed(R"({"reduce": [[1, 2, 3],
      {"merge": [{"var": "accumulator"}, [{"var": ""}]]}, []]})");
  const json made = evaluated(rule, nullptr);
  REQUIRE(made.size() == 3);
  CHECK(made[0] == parsed(R"({"current": 1, "accumulator": []})"));
  CHECK(made[2]["current"] == 3);
  CHECK(made[2]["accumulator"][1]["current"] == 2);
}

TEST_CASE("reading long strings repeatedly costs steps", "[logic]") {
  const json data{{"text", std::string(1'000'000, 'a')},
                  {"needle", std::string(400'000, 'a') + "b"},
                  {"n", numbers(100'000)}};
  const auto begun = std::chrono::steady_clock::now();
  for (const char* body :
       {R"({"in": ["b", "TEXT"]})", R"({"substr": ["TEXT", -5]})", R"({"==": ["TEXT", "TEXTb"]})",
        R"({"<": ["TEXT", "TEXTb"]})", R"({"max": ["TEXT"]})", R"({"min": ["TEXT"]})",
        R"({"var": "text.length"})", R"({"missing": ["text.5"]})"}) {
    // The string is in the accumulator: a body cannot read outer data.
    std::string rule = R"({"reduce": [{"var": "n"}, {"if": [BODY, {"var": "accumulator"},
                           {"var": "accumulator"}]}, {"var": "text"}]})";
    rule.replace(rule.find("BODY"), 4, body);
    for (std::size_t at; (at = rule.find("\"TEXTb\"")) != std::string::npos;) {
      rule.replace(at, 7, R"({"cat": [{"var": "accumulator"}, ""]})");
    }
    for (std::size_t at; (at = rule.find("\"TEXT\"")) != std::string::npos;) {
      rule.replace(at, 6, R"({"var": "accumulator"})");
    }
    for (std::size_t at; (at = rule.find("\"text.")) != std::string::npos;) {
      rule.replace(at, 6, "\"accumulator.");
    }
    INFO(rule);
    CHECK(failure(json::parse(rule), data).code == errc::limit_exceeded);
  }
  CHECK(evaluated({{"in", {{{"var", "needle"}}, {{"var", "text"}}}}}, data) == false);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(20));
}

TEST_CASE("a path of many names costs no more than its length", "[logic]") {
  std::string path;
  for (int i = 0; i < 500'000; ++i) path += "a.";
  CHECK(evaluated({{"var", path}}, {{"a", 1}}) == nullptr);
  CHECK(evaluated({{"var", {{"cat", {path, "a"}}}}}, {{"a", 1}}) == nullptr);
}

TEST_CASE("a failure of any operator ends the whole evaluation", "[logic]") {
  limits few;
  few.max_steps = 50;
  const json slow = parsed(R"({"map": [{"var": ""}, {"+": [1, 1]}]})");
  const json items = numbers(100);
  for (const char* name : {"!", "!!", "or", "and", "if", "cat", "merge", "==", "<", "+", "max",
                           "in", "missing", "substr", "log", "var"}) {
    INFO(name);
    CHECK(failure({{name, {slow, slow}}}, items, few).code == errc::limit_exceeded);
    CHECK(!compile({{name, {slow, slow}}}).value().test(variables{items}, few));
  }
}

TEST_CASE("with limits of zero only a scalar literal passes", "[logic]") {
  const limits none{.max_depth = 0, .max_nodes = 0, .max_steps = 0, .max_bytes = 0};
  CHECK(compile(1, none).error().type == "rule_too_large");
  CHECK(evaluated(1, nullptr, none) == 1);
  CHECK(failure({{"+", 1}}, nullptr, none).code == errc::limit_exceeded);
  CHECK(failure("text", nullptr, none).code == errc::limit_exceeded);
  CHECK(failure(json{1, 2}, nullptr, none).code == errc::limit_exceeded);
}

}  // namespace
}  // namespace pawl::flow::logic
