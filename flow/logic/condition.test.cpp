#include <string>
#include <vector>

#include "flow/logic/logic.hpp"
#include "tests/support/catch.hpp"

namespace pawl::flow::logic {
namespace {

/// The problem of a condition as "code: message", or "".
std::string problem_of(const json& source) {
  std::vector<diagnostic> diagnostics;
  (void)compile_condition(source, "/when", diagnostics);
  if (diagnostics.empty()) return "";
  CHECK(diagnostics.size() == 1);
  CHECK(diagnostics[0].level == severity::error);
  CHECK(diagnostics[0].pointer.starts_with("/when"));
  return diagnostics[0].code + ": " + diagnostics[0].message;
}

TEST_CASE("a condition is a rule, true or false", "[logic]") {
  for (const char* const good :
       {"true", "false", R"({"var": "x"})", R"({">": [{"var": "x"}, 1]})", R"({"==": [1, 1]})",
        R"({"in": [{"var": "x"}, {"a": 1, "b": 2}]})"}) {
    CAPTURE(good);
    CHECK(problem_of(json::parse(good)) == "");
  }
}

TEST_CASE("a constant as a condition is refused with what was probably meant", "[logic]") {
  struct {
    const char* source;
    const char* problem;
  } const cases[] = {
      {R"("total > 100")",
       "constant_rule: the text \"total > 100\" is not a rule, and always true; did you mean "
       "{\">\":[{\"var\":\"total\"},100]}?"},
      {R"("order.state == 'paid'")",
       "constant_rule: the text \"order.state == 'paid'\" is not a rule, and always true; did you "
       "mean {\"==\":[{\"var\":\"order.state\"},\"paid\"]}?"},
      {R"("a = b")",
       "constant_rule: the text \"a = b\" is not a rule, and always true; did you mean "
       "{\"==\":[{\"var\":\"a\"},{\"var\":\"b\"}]}?"},
      {R"("{{ total > 100 }}")",
       "constant_rule: the text \"{{ total > 100 }}\" is not a rule, and always true; did you mean "
       "{\">\":[{\"var\":\"total\"},100]}?"},
      {R"("{{order.approved}}")",
       "constant_rule: the text \"{{order.approved}}\" is not a rule, and always true; did you "
       "mean "
       "{\"var\":\"order.approved\"}?"},
      {R"("approved")",
       "constant_rule: the text \"approved\" is not a rule, and always true; a rule is an object "
       "such as {\">\": [{\"var\": \"total\"}, 100]}"},
      {R"("")",
       "constant_rule: the text \"\" is not a rule, and always false; a rule is an object such as "
       "{\">\": [{\"var\": \"total\"}, 100]}"},
      {"1", "constant_rule: this number is always true; a condition is a rule, true or false"},
      {"0", "constant_rule: this number is always false; a condition is a rule, true or false"},
      {"null", "constant_rule: this null is always false; a condition is a rule, true or false"},
      {"[]", "constant_rule: this array is always false; a condition is a rule, true or false"},
      {R"([{"var": "x"}])",
       "constant_rule: this array is always true; a condition is a rule, true or false"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.source);
    CHECK(problem_of(json::parse(c.source)) == c.problem);
  }
}

TEST_CASE("a condition that compares a text with constants causes a warning", "[logic]") {
  const auto warnings = [](const char* source) {
    std::vector<diagnostic> diagnostics;
    static_cast<void>(compile_condition(json::parse(source), "/when", diagnostics));
    std::vector<std::string> found;
    for (const auto& d : diagnostics) {
      CHECK(d.level == severity::warning);
      CHECK(d.code == "constant_comparison");
      found.push_back(d.pointer);
    }
    return found;
  };
  using lines = std::vector<std::string>;
  CHECK(warnings(R"({">": ["total", 100]})") == lines{"/when/>/0"});
  CHECK(warnings(R"({"==": [true, "state"]})") == lines{"/when/==/1"});
  CHECK(warnings(R"({"<": [1, "n", 9]})") == lines{"/when/</1"});
  CHECK(warnings(R"({"and": [{"var": "x"}, {"!": {"==": ["a/b", 1]}}]})") ==
        lines{"/when/and/1/!/==/0"});
  CHECK(warnings(R"({"if": [{"<": ["n", 1]}, {"==": ["m", 2]}, false]})") ==
        lines{"/when/if/0/</0", "/when/if/1/==/0"});
  CHECK(warnings(R"({">": [{"var": "total"}, 100]})").empty());
  CHECK(warnings(R"({"==": [{"var": "state"}, "paid"]})").empty());
  CHECK(warnings(R"({"==": [1, 1]})").empty());
  CHECK(warnings(R"({"in": ["a", "abc"]})").empty());
  std::vector<diagnostic> diagnostics;
  static_cast<void>(compile_condition(json::parse(R"({">": ["total", 100]})"), "", diagnostics));
  CHECK(diagnostics.at(0).message ==
        "this compares constants, so the result is always the same: \"total\" is a text; did you "
        "mean {\"var\":\"total\"}?");
}

TEST_CASE("an object with several keys as a condition is refused", "[logic]") {
  CHECK(problem_of(json::parse(R"({">": [{"var": "x"}, 1], "<": [{"var": "x"}, 9]})")) ==
        "not_a_rule: an object with several keys is not a rule; to combine rules, write {\"and\": "
        "[{\"<\": …}, {\">\": …}]}");
  CHECK(problem_of(json::parse(R"({"<": [1, 2], ">": [1, 2], "==": [1, 2]})")) ==
        "not_a_rule: an object with several keys is not a rule; to combine rules, write {\"and\": "
        "[{\"<\": …}, {\"==\": …}, …]}");
  CHECK(problem_of(json::parse(R"({"var": "x", "equals": 1})")) ==
        "not_a_rule: an object with several keys is not a rule; a rule has one key, its operator");
  CHECK(problem_of(json::object()) ==
        "not_a_rule: an empty object is not a rule; a rule has one key, its operator");
}

}  // namespace
}  // namespace pawl::flow::logic
