#include "flow/logic/testing/suite.hpp"

namespace pawl::flow::logic {
namespace {

TEST_CASE("+ and * convert their arguments by parseFloat", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"+": []}, "result": 0},
    {"rule": {"+": "3.5 kg"}, "result": 3.5},
    {"rule": {"+": ["-2", 1, "0.5"]}, "result": -0.5},
    {"rule": {"+": [1, true]}, "result": 2},
    {"rule": {"+": [1, null]}, "result": 1},
    {"rule": {"+": [1, ""]}, "result": 1},
    {"rule": {"+": [1, "0x10"]}, "result": 1},
    {"rule": {"+": [1, [2, 3]]}, "error": {"type": "NaN"}},
    {"rule": {"+": [1, [[" 2e1x"], 3]]}, "error": {"type": "NaN"}},
    {"rule": {"+": [1, []]}, "error": {"type": "NaN"}},
    {"rule": {"+": [1, {}]}, "error": {"type": "NaN"}},
    {"rule": {"+": ["Infinity"]}, "error": {"type": "NaN"}},
    {"rule": {"+": [0.1, 0.2]}, "result": 0.30000000000000004},
    {"rule": {"*": ["3", "4 apples"]}, "result": 12},
    {"rule": {"*": [2, 2.5]}, "result": 5},
    {"rule": {"*": [2, "x"]}, "error": {"type": "NaN"}},
    "a product of one is that one, as it is",
    {"rule": {"*": ["3"]}, "result": 3},
    {"rule": {"*": true}, "result": 1},
    {"rule": {"*": []}, "error": {"type": "Invalid Arguments"}}
  ])json");
}

TEST_CASE("-, / and % convert their arguments by Number", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"-": [5, "2"]}, "result": 3},
    {"rule": {"-": "4"}, "result": -4},
    {"rule": {"-": [[7]]}, "error": {"type": "NaN"}},
    {"rule": {"-": true}, "result": -1},
    {"rule": {"-": null}, "result": 0},
    {"rule": {"-": [9, 4, 100]}, "result": -95},
    {"rule": {"-": [5, "2 kg"]}, "error": {"type": "NaN"}},
    {"rule": {"-": []}, "error": {"type": "Invalid Arguments"}},
    {"rule": {"-": [1, null]}, "result": 1},
    {"rule": {"-": ["0b101", "0o7"]}, "result": -2},
    {"rule": {"/": [7, 2]}, "result": 3.5},
    {"rule": {"/": ["9", "3"]}, "result": 3},
    {"rule": {"/": [true, 4]}, "result": 0.25},
    {"rule": {"/": [1]}, "result": 1},
    {"rule": {"%": [7, 3]}, "result": 1},
    {"rule": {"%": [-7, 3]}, "result": -1},
    {"rule": {"%": [7, -3]}, "result": 1},
    {"rule": {"%": [5.5, 2]}, "result": 1.5},
    {"rule": {"%": ["7", [4]]}, "error": {"type": "NaN"}},
    {"rule": {"%": [[1, 2], 1]}, "error": {"type": "NaN"}}
  ])json");
}

TEST_CASE("min and max compare numbers", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"max": [3, "11", 7]}, "result": 11},
    {"rule": {"min": [3, "-1", true]}, "result": -1},
    {"rule": {"max": 4}, "result": 4},
    {"rule": {"max": ["4"]}, "result": 4},
    {"rule": {"max": [1, "x", 3]}, "result": null},
    {"rule": {"min": [null, 3]}, "result": 0},
    {"rule": {"min": []}, "result": null},
    {"rule": {"max": [[1, 2]]}, "result": null},
    {"rule": {"max": [9007199254740993, 9007199254740992]}, "result": 9007199254740993}
  ])json");
}

TEST_CASE("a result that JSON does not have is an error of arithmetic", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"/": [0, 0]}, "error": {"type": "NaN"}},
    {"rule": {"/": [1, 0]}, "error": {"type": "NaN"}},
    {"rule": {"/": [-1, 0]}, "error": {"type": "NaN"}},
    {"rule": {"%": [1, 0]}, "error": {"type": "NaN"}},
    {"rule": {"*": [1e308, 10]}, "error": {"type": "NaN"}},
    {"rule": {"+": [1e308, 1e308]}, "error": {"type": "NaN"}},
    {"rule": [1, {"/": [1, 0]}], "error": {"type": "NaN"}},
    {"rule": {"!!": {"/": [1, 0]}}, "error": {"type": "NaN"}},
    {"rule": {"try": [{"/": [0, 0]}, "caught"]}, "result": "caught"},
    "min and max have no error, so their result is null",
    {"rule": {"min": ["x"]}, "result": null},
    {"rule": {">": [{"max": ["Infinity"]}, 1e308]}, "result": true}
  ])json");
}

TEST_CASE("whole numbers overflow to doubles and do not wrap", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"+": [9223372036854775807, 1]}, "result": 9223372036854775808},
    {"rule": {"-": [-9223372036854775808, 1]}, "result": -9.223372036854775808e18},
    {"rule": {"-": [-9223372036854775808]}, "result": 9223372036854775808},
    {"rule": {"*": [-9223372036854775808, -1]}, "result": 9223372036854775808},
    {"rule": {"/": [-9223372036854775808, -1]}, "result": 9223372036854775808},
    {"rule": {"/": [-9223372036854775808, 2]}, "result": -4611686018427387904},
    {"rule": {"%": [-9223372036854775808, -1]}, "result": 0},
    {"rule": {"+": [9007199254740993, 2]}, "result": 9007199254740995},
    {"rule": {"+": [18446744073709551615, 1]}, "result": 18446744073709551616}
  ])json");
}

TEST_CASE("whole results that fit into 64 bits are exact", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"-": [18446744073709551615, 1]}, "result": 18446744073709551614},
    {"rule": {"-": [18446744073709551615, 18446744073709551614]}, "result": 1},
    {"rule": {"-": [1, 18446744073709551615]}, "result": -1.8446744073709552e19},
    {"rule": {"-": [9223372036854775808]}, "result": -9223372036854775808},
    {"rule": {"+": [18446744073709551614, 1]}, "result": 18446744073709551615},
    {"rule": {"+": [9223372036854775807, 9223372036854775807]}, "result": 18446744073709551614},
    {"rule": {"+": [18446744073709551615, -9223372036854775808]}, "result": 9223372036854775807},
    {"rule": {"*": [9223372036854775807, 2]}, "result": 18446744073709551614},
    {"rule": {"*": [18446744073709551615, 18446744073709551615]}, "result": 3.4028236692093846e38},
    {"rule": {"*": [18446744073709551615, 0]}, "result": 0},
    {"rule": {"/": [18446744073709551615, 5]}, "result": 3689348814741910323},
    {"rule": {"/": [18446744073709551614, -2]}, "result": -9223372036854775807},
    {"rule": {"%": [18446744073709551615, 10]}, "result": 5},
    {"rule": {"%": [-1, 18446744073709551615]}, "result": -1}
  ])json");
}

TEST_CASE("whole results are written as whole numbers", "[logic]") {
  const auto text = [](const char* rule) {
    return testing::outcome(json::parse(rule), nullptr)["result"].dump();
  };
  CHECK(text(R"({"/": [4, 2]})") == "2");
  CHECK(text(R"({"+": [0.5, 0.5]})") == "1");
  CHECK(text(R"({"*": ["2.5", 4]})") == "10");
  CHECK(text(R"({"-": [0]})") == "0");
  CHECK(text(R"({"*": [-1, 0.0]})") == "0");
}

}  // namespace
}  // namespace pawl::flow::logic
