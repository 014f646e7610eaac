#include "flow/logic/inspection.hpp"

#include "tests/support/catch.hpp"

namespace pawl::flow::logic {
namespace {

TEST_CASE("an inspection has the value of each call, in order", "[logic]") {
  const rule made = compile(json::parse(R"({"+": [{"var": "a"}, {"*": [2, 3]}]})")).value();
  const json data{{"a", 1}};
  const inspection found = inspect(made, variables{data}, true);
  CHECK(found.value.value() == 7);
  REQUIRE(found.calls.size() == 3);
  CHECK(found.calls[0].depth == 0);
  CHECK(found.calls[0].value == "7");
  CHECK(found.calls[1].call == R"({"var":"a"})");
  CHECK(found.calls[1].value == "1");
  CHECK(found.calls[2].depth == 1);
  CHECK(found.calls[2].value == "6");
}

TEST_CASE("a call that fails has no value, and the error is that of evaluate", "[logic]") {
  const rule made = compile(json::parse(R"({"try": [{"/": [1, 0]}, {"sum": ["x"]}]})")).value();
  const json data;
  const inspection found = inspect(made, variables{data}, true);
  REQUIRE_FALSE(found.value);
  CHECK(found.value.error() == made.evaluate(variables{data}).error());
  REQUIRE(found.calls.size() == 3);
  CHECK(found.calls[1].value.empty());
}

TEST_CASE("tracing uses no budget, and is bounded", "[logic]") {
  const rule made =
      compile(json::parse(R"({"map": [{"range": 20000}, {"+": [{"var": ""}, 1]}]})")).value();
  const json data;
  const inspection plain = inspect(made, variables{data}, false);
  const inspection traced = inspect(made, variables{data}, true);
  CHECK(plain.calls.empty());
  CHECK(plain.steps > 20'000);
  CHECK(plain.steps == traced.steps);
  CHECK(plain.bytes == traced.bytes);
  CHECK(traced.is_cut);
  CHECK(traced.calls.size() == inspection::max_calls);
  CHECK(traced.calls[0].value.size() < 2 * inspection::max_text);
}

TEST_CASE("a template is inspected with all its rules", "[logic]") {
  const auto made =
      compile_template(json::parse(R"({"a": {"+": [1, 2]}, "b": "{{x}}!", "c": 3})")).value();
  const json data{{"x", 5}};
  const inspection found = inspect(made, variables{data}, true);
  CHECK(found.value.value() == json{{"a", 3}, {"b", "5!"}, {"c", 3}});
  CHECK(found.calls.size() == 3);
}

}  // namespace
}  // namespace pawl::flow::logic
