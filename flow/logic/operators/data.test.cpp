#include "flow/logic/testing/suite.hpp"

namespace pawl::flow::logic {
namespace {

TEST_CASE("var reads data by path", "[logic]") {
  testing::check_cases(R"json([
    "names and paths",
    {"rule": {"var": "city"}, "data": {"city": "Oslo"}, "result": "Oslo"},
    {"rule": {"var": ["city"]}, "data": {"city": "Oslo"}, "result": "Oslo"},
    {"rule": {"var": "order.lines.1.sku"},
     "data": {"order": {"lines": [{}, {"sku": "x7"}]}}, "result": "x7"},
    {"rule": {"var": "a..b"}, "data": {"a": {"": {"b": 4}}}, "result": 4},
    {"rule": {"var": "."}, "data": {"": {"": 5}}, "result": 5},
    {"rule": {"var": "a.b"}, "data": {"a.b": 1}, "result": null},
    {"rule": {"var": 2}, "data": [10, 20, 30], "result": 30},
    {"rule": {"var": 1.5}, "data": {"1": {"5": "one five"}}, "result": "one five"},
    {"rule": {"var": true}, "data": {"true": "yes"}, "result": "yes"},
    {"rule": {"var": "01"}, "data": [10, 20], "result": null},
    {"rule": {"var": "-1"}, "data": [10, 20], "result": null},
    {"rule": {"var": "99999999999999999999"}, "data": [10, 20], "result": null},
    {"rule": {"var": "01"}, "data": {"01": "a name"}, "result": "a name"},
    "the whole data",
    {"rule": {"var": ""}, "data": {"a": [1]}, "result": {"a": [1]}},
    {"rule": {"var": null}, "data": "plain", "result": "plain"},
    {"rule": {"var": []}, "data": 3, "result": 3},
    {"rule": {"var": ["", "default"]}, "data": null, "result": null},
    "what is not there, and null that is",
    {"rule": {"var": "a.b.c"}, "data": {"a": 1}, "result": null},
    {"rule": {"var": ["a.b.c", "none"]}, "data": {"a": {"b": null}}, "result": "none"},
    {"rule": {"var": ["a", "none"]}, "data": {"a": null}, "result": null},
    {"rule": {"var": ["a", "none"]}, "data": {"a": false}, "result": false},
    {"rule": {"var": ["a", {"+": [1, 1]}]}, "data": {}, "result": 2},
    {"rule": {"var": ["a", {"var": "b"}]}, "data": {"b": [1]}, "result": [1]},
    "lengths and characters, as JavaScript has them",
    {"rule": {"var": "tags.length"}, "data": {"tags": ["a", "b"]}, "result": 2},
    {"rule": {"var": "name.length"}, "data": {"name": "Zoë"}, "result": 3},
    {"rule": {"var": "name.2"}, "data": {"name": "Zoë"}, "result": "ë"},
    {"rule": {"var": "name.3"}, "data": {"name": "Zoë"}, "result": null},
    {"rule": {"var": "box.length"}, "data": {"box": {"length": 40}}, "result": 40},
    {"rule": {"var": "box.length"}, "data": {"box": {"width": 40}}, "result": null},
    {"rule": {"var": "n.length"}, "data": {"n": 12}, "result": null},
    "only an object's own keys",
    {"rule": {"var": "constructor"}, "data": {}, "result": null},
    {"rule": {"var": "toString"}, "data": [], "result": null},
    "computed paths",
    {"rule": {"var": {"cat": ["a.", {"var": "which"}]}},
     "data": {"which": "y", "a": {"y": 6}}, "result": 6},
    {"rule": {"var": [{"var": "which"}, 7]}, "data": {"which": "nowhere"}, "result": 7},
    {"rule": {"var": {"var": "which"}}, "data": {"which": ""}, "result": {"which": ""}},
    {"rule": {"var": [["a", "b"]]}, "data": {"a,b": 8}, "result": 8},
    {"rule": {"var": [[], 9]}, "data": {"a": 1}, "result": 9},
    {"rule": {"var": [[]]}, "data": {"": 10}, "result": 10},
    "numbers keep what they are",
    {"rule": {"var": "id"}, "data": {"id": 18446744073709551615}, "result": 18446744073709551615},
    {"rule": {"var": "id"}, "data": {"id": -9223372036854775808}, "result": -9223372036854775808}
  ])json");
}

TEST_CASE("missing lists the keys that are absent, null or empty strings", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"missing": ["a", "b", "c"]},
     "data": {"a": 0, "b": "", "c": null}, "result": ["b", "c"]},
    {"rule": {"missing": "a"}, "data": {"a": false}, "result": []},
    {"rule": {"missing": "a"}, "data": {"a": []}, "result": []},
    {"rule": {"missing": ["x.y", "x.z"]}, "data": {"x": {"y": 1}}, "result": ["x.z"]},
    {"rule": {"missing": []}, "data": {}, "result": []},
    {"rule": {"missing": [["a", "b"], "ignored"]}, "data": {"b": 1}, "result": ["a"]},
    {"rule": {"missing": [[], "ignored"]}, "data": {}, "result": []},
    {"rule": {"missing": {"merge": ["a", ["b"]]}}, "data": {"b": 1}, "result": ["a"]},
    {"rule": {"missing": [{"var": "key"}, "b"]}, "data": {"key": "zip"}, "result": ["zip", "b"]},
    {"rule": {"missing": ["a", ["b", "fallback"], ["c", ""]]},
     "data": {"a": 1}, "result": [["c", ""]]},
    {"rule": {"missing": [0, 1, 2]}, "data": ["x", "y"], "result": [2]},
    {"rule": {"missing": ["", null]}, "data": null, "result": ["", null]},
    {"rule": {"missing": [""]}, "data": {"a": 1}, "result": []},
    {"rule": {"missing": {"var": "wanted"}},
     "data": {"wanted": ["a", "b"], "a": 1}, "result": ["b"]}
  ])json");
}

TEST_CASE("missing_some lists keys only if too few are present", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"missing_some": [2, ["mail", "phone", "post"]]},
     "data": {"mail": 1}, "result": ["phone", "post"]},
    {"rule": {"missing_some": [1, ["mail", "phone", "post"]]}, "data": {"mail": 1}, "result": []},
    {"rule": {"missing_some": [0, ["mail"]]}, "data": {}, "result": []},
    {"rule": {"missing_some": [1, []]}, "data": {}, "result": []},
    {"rule": {"missing_some": ["1", ["mail"]]}, "data": {}, "result": ["mail"]},
    {"rule": {"missing_some": [1, {"var": "keys"}]},
     "data": {"keys": ["a", "b"], "b": 1}, "result": []},
    {"rule": {"missing_some": [2, {"var": "keys"}]},
     "data": {"keys": ["a", "b"], "b": 1}, "result": ["a"]},
    {"rule": {"missing_some": [1, [["a", "b"], "c"]]}, "data": {"c": 1}, "result": ["a", "b"]},
    {"rule": {"missing_some": [1, "a"]}, "data": {}, "result": ["a"]},
    {"rule": {"missing_some": [1, 5]}, "data": {}, "result": [5]},
    {"rule": {"missing_some": [1]}, "data": {}, "error": {"type": "Invalid Arguments"}},
    {"rule": {"missing_some": [1, null]}, "data": {}, "error": {"type": "Invalid Arguments"}}
  ])json");
}

TEST_CASE("val reads keys that contain dots", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"val": "a.b"}, "data": {"a.b": 1, "a": {"b": 2}}, "result": 1},
    {"rule": {"val": ["a.b"]}, "data": {"a.b": 1}, "result": 1},
    {"rule": {"val": ["a.b", "c.d"]}, "data": {"a.b": {"c.d": 7}}, "result": 7},
    {"rule": {"val": ["a", "b"]}, "data": {"a": {"b": 2}}, "result": 2},
    {"rule": {"val": ["list", 1, "x"]}, "data": {"list": [{}, {"x": 3}]}, "result": 3},
    {"rule": {"val": ["text", "length"]}, "data": {"text": "äö"}, "result": 2},
    {"rule": {"val": []}, "data": {"a": 1}, "result": {"a": 1}},
    {"rule": {"val": {"var": "path"}}, "data": {"path": ["a.b"], "a.b": 4}, "result": 4},
    {"rule": {"val": [{"var": "key"}, "x"]}, "data": {"key": "a.b", "a.b": {"x": 5}}, "result": 5},
    {"rule": {"val": "gone"}, "data": {}, "result": null},
    {"rule": {"val": ["gone", "x"]}, "data": {}, "result": null},
    {"rule": {"val": ""}, "data": {"": 6}, "result": 6},
    {"rule": {"map": [{"var": "list"}, {"val": "a.b"}]},
     "data": {"list": [{"a.b": 1}, {"a.b": 2}]}, "result": [1, 2]},
    {"rule": {"reduce": [[1, 2], {"+": [{"val": "current"}, {"val": ["accumulator"]}]}, 0]},
     "data": null, "result": 3},
    {"rule": {"val": [[1], "x"]}, "data": {"x": 1}, "result": null},
    {"rule": {"val": {"var": "gone"}}, "data": {}, "error": {"type": "Invalid Arguments"}},
    {"rule": {"var": "a.b"}, "data": {"a.b": 1}, "result": null}
  ])json");
}

TEST_CASE("data is never evaluated as a rule", "[logic]") {
  testing::check_cases(R"json([
    {"rule": {"var": "x"}, "data": {"x": {"var": "y"}, "y": 1}, "result": {"var": "y"}},
    {"rule": {"map": [{"var": "x"}, {"var": ""}]},
     "data": {"x": [{"+": [1, 2]}]}, "result": [{"+": [1, 2]}]},
    {"rule": {"missing": {"var": "x"}},
     "data": {"x": [{"var": "y"}], "y": "a", "a": 1}, "result": [{"var": "y"}]}
  ])json");
}

}  // namespace
}  // namespace pawl::flow::logic
