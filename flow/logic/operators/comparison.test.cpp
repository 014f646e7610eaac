#include "flow/logic/testing/suite.hpp"

namespace pawl::flow::logic {
namespace {

TEST_CASE("== and != coerce as in JavaScript", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"==": [7, "7"]}, "result": true},
    {"rule": {"==": [7, " 7.0 "]}, "result": true},
    {"rule": {"==": ["7", "7.0"]}, "result": false},
    {"rule": {"==": [0, ""]}, "result": true},
    {"rule": {"==": [0, false]}, "result": true},
    {"rule": {"==": ["", false]}, "result": true},
    {"rule": {"==": ["true", true]}, "result": false},
    {"rule": {"==": ["1", true]}, "result": true},
    {"rule": {"==": [31, "0x1F"]}, "result": true},
    {"rule": {"==": [null, null]}, "result": true},
    {"rule": {"==": [null, 0]}, "result": false},
    {"rule": {"==": [null, false]}, "result": false},
    {"rule": {"==": [null, ""]}, "result": false},
    {"rule": {"==": [{"var": "nowhere"}, null]}, "data": {}, "result": true},
    {"rule": {"==": ["abc", 0]}, "result": false},
    {"rule": {"==": [1, 1.0]}, "result": true},
    {"rule": {"!=": [1, "one"]}, "result": true},
    {"rule": {"!=": ["2", 2]}, "result": false},
    "missing arguments are undefined, which equals null",
    {"rule": {"==": []}, "result": true},
    {"rule": {"==": [null]}, "result": true},
    {"rule": {"==": [0]}, "result": false},
    "arrays and objects: by their text against scalars, only themselves among each other",
    {"rule": {"==": [[5], 5]}, "result": true},
    {"rule": {"==": [[[5]], "5"]}, "result": true},
    {"rule": {"==": [[1, 2], "1,2"]}, "result": true},
    {"rule": {"==": [[null, [true, []]], ",true,"]}, "result": true},
    {"rule": {"==": [[], 0]}, "result": true},
    {"rule": {"==": [[], false]}, "result": true},
    {"rule": {"==": [[], []]}, "result": false},
    {"rule": {"==": [[1], [1]]}, "result": false},
    {"rule": {"==": [{"var": "a"}, {"var": "a"}]}, "data": {"a": [1]}, "result": true},
    {"rule": {"==": [{"var": "a"}, {"var": "b"}]}, "data": {"a": {}, "b": {}}, "result": false},
    {"rule": {"==": [{"var": ""}, {"var": ""}]}, "data": {}, "result": true},
    {"rule": {"==": [{}, "[object Object]"]}, "result": true},
    "NaN equals nothing",
    {"rule": {"==": [{"max": ["x"]}, {"max": ["x"]}]}, "result": false},
    {"rule": {"!=": [{"max": ["x"]}, {"max": ["x"]}]}, "result": true}
  ])json");
}

TEST_CASE("=== and !== compare type and value", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"===": [7, 7.0]}, "result": true},
    {"rule": {"===": [7, "7"]}, "result": false},
    {"rule": {"===": ["ab", {"cat": ["a", "b"]}]}, "result": true},
    {"rule": {"===": [null, {"var": "x"}]}, "data": {"x": null}, "result": true},
    {"rule": {"===": [null, false]}, "result": false},
    {"rule": {"===": [null]}, "result": false},
    {"rule": {"===": []}, "result": true},
    {"rule": {"===": [[1], [1]]}, "result": false},
    {"rule": {"!==": [1, true]}, "result": true},
    {"rule": {"!==": ["x", "x"]}, "result": false},
    {"rule": {"===": [{"var": "o"}, {"var": "o"}]}, "data": {"o": {"k": 1}}, "result": true}
  ])json");
}

TEST_CASE("whole numbers stay exact where doubles would not", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"==": [9007199254740993, 9007199254740992]}, "result": false},
    {"rule": {"===": [18446744073709551615, 18446744073709551614]}, "result": false},
    {"rule": {"===": [18446744073709551615, -1]}, "result": false},
    {"rule": {"<": [9223372036854775807, 9223372036854775808]}, "result": true},
    {"rule": {">": [18446744073709551615, -9223372036854775808]}, "result": true},
    {"rule": {"==": ["9007199254740993", 9007199254740993]}, "result": true},
    {"rule": {"==": ["18446744073709551615", 18446744073709551615]}, "result": true}
  ])json");
}

TEST_CASE("orderings compare strings as text and everything else as numbers", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"<": [1, 2]}, "result": true},
    {"rule": {"<": ["10", "9"]}, "result": true},
    {"rule": {"<": ["10", 9]}, "result": false},
    {"rule": {"<": ["a", "b"]}, "result": true},
    {"rule": {"<": ["a", "ab"]}, "result": true},
    {"rule": {"<": ["Z", "a"]}, "result": true},
    {"rule": {">": ["é", "z"]}, "result": true},
    {"rule": {"<": ["a", 1]}, "result": false},
    {"rule": {">=": ["a", 1]}, "result": false},
    {"rule": {"<": [null, 1]}, "result": true},
    {"rule": {">=": [null, 0]}, "result": true},
    {"rule": {"<=": [false, true]}, "result": true},
    {"rule": {">": [[2], 1]}, "result": true},
    {"rule": {"<": [[2], [10]]}, "result": false},
    {"rule": {"<": [{}, 1]}, "result": false},
    {"rule": {"<=": [{}, {}]}, "result": true},
    {"rule": {">": [1]}, "result": false},
    {"rule": {"<": []}, "result": false},
    {"rule": {"<=": [{"max": ["x"]}, 1]}, "result": false},
    {"rule": {">": [{"max": ["x"]}, 1]}, "result": false}
  ])json");
}

TEST_CASE("< and <= of three arguments test a range", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"<": [1, {"var": "t"}, 10]}, "data": {"t": 5}, "result": true},
    {"rule": {"<": [1, {"var": "t"}, 10]}, "data": {"t": 1}, "result": false},
    {"rule": {"<": [1, {"var": "t"}, 10]}, "data": {"t": 10}, "result": false},
    {"rule": {"<=": [1, {"var": "t"}, 10]}, "data": {"t": 1}, "result": true},
    {"rule": {"<=": [1, {"var": "t"}, 10]}, "data": {"t": "10"}, "result": true},
    {"rule": {"<=": [1, {"var": "t"}, 10]}, "data": {"t": 11}, "result": false},
    {"rule": {"<": [0, 1, null]}, "result": false},
    {"rule": {">": [3, 2, 9]}, "result": false},
    {"rule": {">=": [3, 3, 9]}, "result": false}
  ])json");
}

}  // namespace
}  // namespace pawl::flow::logic
