#include "flow/logic/testing/suite.hpp"

namespace pawl::flow::logic {
namespace {

TEST_CASE("map and filter see each item as their data", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"map": [{"var": "prices"}, {"*": [{"var": ""}, 3]}]},
     "data": {"prices": [1, "2", 0.5]}, "result": [3, 6, 1.5]},
    {"rule": {"map": [{"var": "people"}, {"var": ["name", "?"]}]},
     "data": {"people": [{"name": "Ann"}, {}]}, "result": ["Ann", "?"]},
    {"rule": {"map": [[1, 2], {"var": "outside"}]}, "data": {"outside": 9}, "result": [null, null]},
    {"rule": {"map": [[[1, 2], [3]], {"map": [{"var": ""}, {"+": [{"var": ""}, 1]}]}]},
     "result": [[2, 3], [4]]},
    {"rule": {"map": ["text", {"var": ""}]}, "result": []},
    {"rule": {"map": [{"a": 1, "b": 2}, {"var": ""}]}, "result": []},
    {"rule": {"map": [[1, 2]]}, "result": [null, null]},
    {"rule": {"map": []}, "result": []},
    {"rule": {"map": [[1, 2], "same"]}, "result": ["same", "same"]},
    {"rule": {"filter": [{"var": "people"}, {">=": [{"var": "age"}, 18]}]},
     "data": {"people": [{"age": 17}, {"age": 18}, {"age": "40"}]},
     "result": [{"age": 18}, {"age": "40"}]},
    {"rule": {"filter": [[0, 1, "", "a", [], {}], {"var": ""}]}, "result": [1, "a", {}]},
    {"rule": {"filter": [null, true]}, "result": []},
    {"rule": {"filter": [[1]]}, "result": []}
  ])json");
}

TEST_CASE("reduce sees the current item and the accumulator", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"reduce": [[1, 2, 3], {"-": [{"var": "accumulator"}, {"var": "current"}]}, 10]},
     "result": 4},
    {"rule": {"reduce": [["a", "b"], {"cat": [{"var": "accumulator"}, {"var": "current"}]}]},
     "result": "ab"},
    {"rule": {"reduce": [[], {"var": "current"}, {"var": "start"}]},
     "data": {"start": "s"}, "result": "s"},
    {"rule": {"reduce": ["no array", {"var": "current"}, 5]}, "result": 5},
    {"rule": {"reduce": [[1, 2], {"var": "x"}, 5]}, "data": {"x": 1}, "result": null},
    {"rule": {"reduce": [[1]]}, "result": null},
    {"rule": {"reduce": []}, "result": null},
    {"rule": {"reduce": [[3, 1, 2], {"if": [{"<": [{"var": "current"}, {"var": "accumulator"}]},
     {"var": "current"}, {"var": "accumulator"}]}, 99]},
     "result": 1},
    {"rule": {"reduce": [[1, 2], {"merge": [{"var": "accumulator"},
     {"*": [{"var": "current"}, 2]}]}, []]},
     "result": [2, 4]},
    {"rule": {"reduce": [[7], {"var": ""}, 8]}, "result": {"current": 7, "accumulator": 8}},
    {"rule": {"reduce": [[1, 2], {"var": ""}, null]},
     "result": {"current": 2, "accumulator": {"current": 1, "accumulator": null}}},
    {"rule": {"reduce": [[1, 2, 3], {"if": [{"var": "accumulator.current"},
     {"var": "accumulator.current"}, {"var": ""}]}, null]},
     "result": {"current": 3, "accumulator": 1}},
    {"rule": {"reduce": [[1], {"missing": ["current", "accumulator", "other"]}, 0]},
     "result": ["other"]},
    {"rule": {"reduce": [[1, 2, 3], {"var": "accumulator.length"}, "four"]}, "result": null}
  ])json");
}

TEST_CASE("all, none and some test items", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"all": [[2, 4, 6], {"!": {"%": [{"var": ""}, 2]}}]}, "result": true},
    {"rule": {"all": [[2, 5, 6], {"!": {"%": [{"var": ""}, 2]}}]}, "result": false},
    {"rule": {"all": [[], true]}, "result": false},
    {"rule": {"all": ["text", true]}, "result": false},
    {"rule": {"all": [[1]]}, "result": false},
    {"rule": {"none": [[1, 3], {"==": [{"var": ""}, 2]}]}, "result": true},
    {"rule": {"none": [[1, 2], {"==": [{"var": ""}, 2]}]}, "result": false},
    {"rule": {"none": [[], true]}, "result": true},
    {"rule": {"none": [null, true]}, "result": true},
    {"rule": {"some": [[{"a": 1, "b": 1}, {"a": 2, "b": 1}], {"==": [{"var": "a"}, 2]}]},
     "result": true},
    {"rule": {"some": [[1, 2], {">": [{"var": ""}, 2]}]}, "result": false},
    {"rule": {"some": [[], true]}, "result": false},
    {"rule": {"some": [{"var": "nowhere"}, true]}, "result": false},
    "they stop at the item that decides",
    {"rule": {"some": [[1, 0], {"if": [{"var": ""}, true, {"*": []}]}]}, "result": true},
    {"rule": {"all": [[0, 1], {"if": [{"var": ""}, {"*": []}, false]}]}, "result": false}
  ])json");
}

}  // namespace
}  // namespace pawl::flow::logic
