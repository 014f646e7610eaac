#include "flow/logic/testing/suite.hpp"

namespace pawl::flow::logic {
namespace {

TEST_CASE("cat converts values to text as in JavaScript", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"cat": ["I have ", 3, " cats"]}, "result": "I have 3 cats"},
    {"rule": {"cat": []}, "result": ""},
    {"rule": {"cat": [null, {"var": "nowhere"}]}, "result": ""},
    {"rule": {"cat": [true, false]}, "result": "truefalse"},
    {"rule": {"cat": [[1, [2, null], "x"], {}]}, "result": "1,2,,x[object Object]"},
    {"rule": {"cat": [[]]}, "result": ""},
    {"rule": {"cat": {"var": "s"}}, "data": {"s": "straight"}, "result": "straight"},
    "numbers",
    {"rule": {"cat": [1.0]}, "result": "1"},
    {"rule": {"cat": [0.1]}, "result": "0.1"},
    {"rule": {"cat": [-0.0]}, "result": "0"},
    {"rule": {"cat": [1e21]}, "result": "1e+21"},
    {"rule": {"cat": [123456789012345680000.0]}, "result": "123456789012345680000"},
    {"rule": {"cat": [0.000001]}, "result": "0.000001"},
    {"rule": {"cat": [0.0000001]}, "result": "1e-7"},
    {"rule": {"cat": [-1.5e-10]}, "result": "-1.5e-10"},
    {"rule": {"cat": [18446744073709551615]}, "result": "18446744073709551615"}
  ])json");
}

TEST_CASE("substr cuts strings by characters", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"substr": ["workflow", 4]}, "result": "flow"},
    {"rule": {"substr": ["workflow", 0, 4]}, "result": "work"},
    {"rule": {"substr": ["workflow", -4, 2]}, "result": "fl"},
    {"rule": {"substr": ["workflow", 1, -1]}, "result": "orkflo"},
    {"rule": {"substr": ["workflow", 2, -99]}, "result": ""},
    {"rule": {"substr": ["workflow", -99, 2]}, "result": "wo"},
    {"rule": {"substr": ["workflow", 99]}, "result": ""},
    {"rule": {"substr": ["workflow", 4, 0]}, "result": ""},
    {"rule": {"substr": ["workflow"]}, "result": "workflow"},
    {"rule": {"substr": []}, "result": "undefined"},
    {"rule": {"substr": [null, 1]}, "result": "ull"},
    {"rule": {"substr": [12345, 1, 3]}, "result": "234"},
    {"rule": {"substr": [[1, 2], 1]}, "result": ",2"},
    {"rule": {"substr": ["workflow", "4"]}, "result": "flow"},
    {"rule": {"substr": ["workflow", "x", "2"]}, "result": "wo"},
    {"rule": {"substr": ["workflow", 4, null]}, "result": ""},
    {"rule": {"substr": ["workflow", 0, "-2"]}, "result": ""},
    {"rule": {"substr": ["workflow", 1.9, 2.9]}, "result": "or"},
    {"rule": {"substr": ["workflow", 0, -1.5]}, "result": "workfl"},
    {"rule": {"substr": ["workflow", 1e300]}, "result": ""},
    {"rule": {"substr": ["workflow", -1e300, 1e300]}, "result": "workflow"},
    {"rule": {"substr": ["workflow", -9223372036854775808, 18446744073709551615]},
     "result": "workflow"},
    {"rule": {"substr": ["workflow", 0, -9223372036854775808]}, "result": ""},
    "beyond ASCII",
    {"rule": {"substr": ["Grüße", 2, 2]}, "result": "üß"},
    {"rule": {"substr": ["Grüße", -2]}, "result": "ße"},
    {"rule": {"substr": ["日本語", 1, -1]}, "result": "本"},
    {"rule": {"substr": ["a🙂b", 1, 1]}, "result": "🙂"}
  ])json");
}

}  // namespace
}  // namespace pawl::flow::logic
