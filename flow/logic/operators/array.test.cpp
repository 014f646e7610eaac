#include "flow/logic/testing/suite.hpp"

namespace pawl::flow::logic {
namespace {

TEST_CASE("merge concatenates arrays and other arguments", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"merge": [[1], 2, [[3]], null]}, "result": [1, 2, [3], null]},
    {"rule": {"merge": []}, "result": []},
    {"rule": {"merge": "one"}, "result": ["one"]},
    {"rule": {"merge": [{"var": "a"}, {"var": "b"}]},
     "data": {"a": [1], "b": {"k": 2}}, "result": [1, {"k": 2}]}
  ])json");
}

TEST_CASE("in finds substrings in strings and items in arrays", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"in": ["low", "workflow"]}, "result": true},
    {"rule": {"in": ["Low", "workflow"]}, "result": false},
    {"rule": {"in": ["", "workflow"]}, "result": true},
    {"rule": {"in": ["", ""]}, "result": false},
    {"rule": {"in": [2, "123"]}, "result": true},
    {"rule": {"in": [null, "nullable"]}, "result": true},
    {"rule": {"in": [[], "anything"]}, "result": true},
    {"rule": {"in": [2, [1, 2]]}, "result": true},
    {"rule": {"in": ["2", [1, 2]]}, "result": false},
    {"rule": {"in": [null, [null]]}, "result": true},
    {"rule": {"in": [[1], [[1]]]}, "result": false},
    {"rule": {"in": [{"var": "o"}, [1, {"var": "o"}]]}, "data": {"o": {"k": 1}}, "result": true},
    {"rule": {"in": ["k", {"k": 1, "l": 2}]}, "result": false},
    {"rule": {"in": [1, null]}, "result": false},
    {"rule": {"in": [1, 1]}, "result": false},
    {"rule": {"in": ["x"]}, "result": false}
  ])json");
}

TEST_CASE("in finds long strings at every position and only there", "[logic]") {
  const std::string hay = std::string(500, 'a') + "b" + std::string(500, 'a');
  const auto found = [&](const std::string& needle) {
    return testing::outcome({{"in", {needle, {{"var", ""}}}}}, hay)["result"].get<bool>();
  };
  for (std::size_t before = 0; before <= 500; before += 25) {
    INFO("letters before the b: " << before);
    CHECK(found(std::string(before, 'a') + "b" + std::string(500 - before, 'a')));
    CHECK(found(std::string(before, 'a') + "b") == true);
  }
  CHECK_FALSE(found(std::string(501, 'a')));
  CHECK_FALSE(found(std::string(200, 'a') + "bb"));
  CHECK_FALSE(found(std::string(40, 'a') + "b" + std::string(40, 'a') + "b"));
  CHECK(found(hay));
  CHECK_FALSE(found(hay + "a"));
}

}  // namespace
}  // namespace pawl::flow::logic
