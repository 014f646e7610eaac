#include "flow/logic/testing/suite.hpp"

namespace pawl::flow::logic {
namespace {

TEST_CASE("if chooses among any number of conditions", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"if": [{"<": [{"var": "t"}, 0]}, "ice",
     {"<": [{"var": "t"}, 100]}, "water", "steam"]},
     "data": {"t": -5}, "result": "ice"},
    {"rule": {"if": [{"<": [{"var": "t"}, 0]}, "ice",
     {"<": [{"var": "t"}, 100]}, "water", "steam"]},
     "data": {"t": 20}, "result": "water"},
    {"rule": {"if": [{"<": [{"var": "t"}, 0]}, "ice",
     {"<": [{"var": "t"}, 100]}, "water", "steam"]},
     "data": {"t": 120}, "result": "steam"},
    {"rule": {"if": [false, 1]}, "result": null},
    {"rule": {"if": [false, 1, 0, 2]}, "result": null},
    {"rule": {"if": []}, "result": null},
    {"rule": {"if": "only"}, "result": "only"},
    {"rule": {"if": [{"+": [1, 1]}]}, "result": 2},
    {"rule": {"?:": [0, "yes", "no"]}, "result": "no"},
    {"rule": {"?:": ["0", "yes", "no"]}, "result": "yes"},
    "only what is chosen is evaluated",
    {"rule": {"if": [true, "safe", {"*": []}]}, "result": "safe"},
    {"rule": {"if": [false, {"*": []}, "safe"]}, "result": "safe"},
    {"rule": {"if": [true, {"*": []}, "safe"]}, "error": {"type": "Invalid Arguments"}}
  ])json");
}

TEST_CASE("and/or return the deciding argument", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"and": [1, "two", [3]]}, "result": [3]},
    {"rule": {"and": [1, "", [3]]}, "result": ""},
    {"rule": {"and": [1, {"var": "list"}]}, "data": {"list": []}, "result": []},
    {"rule": {"or": [0, null, "third", "fourth"]}, "result": "third"},
    {"rule": {"or": [0, false, null]}, "result": null},
    {"rule": {"and": "lone"}, "result": "lone"},
    {"rule": {"or": []}, "result": null},
    {"rule": {"and": []}, "result": null},
    {"rule": {"or": [1, {"*": []}]}, "result": 1},
    {"rule": {"and": [0, {"*": []}]}, "result": 0},
    {"rule": {"or": [0, {"*": []}]}, "error": {"type": "Invalid Arguments"}}
  ])json");
}

TEST_CASE("truthiness follows JSONLogic", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"!!": [true]}, "result": true},
    {"rule": {"!!": ["false"]}, "result": true},
    {"rule": {"!!": ["0"]}, "result": true},
    {"rule": {"!!": [" "]}, "result": true},
    {"rule": {"!!": [[0]]}, "result": true},
    {"rule": {"!!": [[[]]]}, "result": true},
    {"rule": {"!!": [{}]}, "result": true},
    {"rule": {"!!": [-0.5]}, "result": true},
    {"rule": {"!!": [0.0]}, "result": false},
    {"rule": {"!!": [""]}, "result": false},
    {"rule": {"!!": [null]}, "result": false},
    {"rule": {"!!": [[]]}, "result": false},
    {"rule": {"!!": []}, "result": false},
    {"rule": {"!": []}, "result": true},
    {"rule": {"!": [1, 0]}, "result": false},
    {"rule": {"!": {"var": "o"}}, "data": {"o": {}}, "result": false}
  ])json");
  CHECK(truthy(json::object()));
  CHECK(truthy(json("0")));
  CHECK_FALSE(truthy(json::array()));
  CHECK_FALSE(truthy(json(0.0)));
  CHECK_FALSE(truthy(json(std::numeric_limits<double>::quiet_NaN())));
  CHECK_FALSE(truthy(json(nullptr)));
}

TEST_CASE("log returns its argument", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"log": "apple"}, "result": "apple"},
    {"rule": {"log": [{"var": "a"}, 2]}, "data": {"a": [1]}, "result": [1]},
    {"rule": {"log": []}, "result": null}
  ])json");
}

TEST_CASE("a value that is not a call is a literal", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {}, "result": {}},
    {"rule": {"a": 1, "b": {"var": "x"}}, "data": {"x": 2}, "result": {"a": 1, "b": {"var": "x"}}},
    {"rule": [], "result": []},
    {"rule": [{"var": "x"}, [{"var": "x"}], {"a": 1, "b": 2}],
     "data": {"x": 2}, "result": [2, [2], {"a": 1, "b": 2}]},
    {"rule": "text", "result": "text"},
    {"rule": 18446744073709551615, "result": 18446744073709551615},
    {"rule": {"nope": 1}, "error": {"type": "Unknown Operator"}},
    {"rule": {"if": [true, 1, {"nope": 1}]}, "error": {"type": "Unknown Operator"}}
  ])json");
}

}  // namespace
}  // namespace pawl::flow::logic
