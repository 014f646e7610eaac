#include "flow/logic/value_template.hpp"

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace pawl::flow::logic {
namespace {

const json template_data = json::parse(R"({"id": 7, "name": "Ada", "tags": ["a", "b"], "none": null,
                                  "order": {"total": 42}})");

/// The value of a template, or the message of its error.
json built(const json& source, const limits& allowed = {}) {
  const auto made = compile_template(source, allowed);
  if (!made) return "error: " + made.error().message;
  auto value = made->evaluate(variables{template_data}, allowed);
  return value ? *std::move(value) : json("error: " + value.error().message);
}

/// The diagnostics of a template, as "severity pointer code".
std::vector<std::string> template_problems(const json& source) {
  std::vector<diagnostic> diagnostics;
  (void)compile_template(source, "", diagnostics);
  std::vector<std::string> found;
  for (const auto& d : diagnostics)
    found.push_back((d.level == severity::error ? "error " : "warning ") + d.pointer + " " +
                    d.code);
  return found;
}

struct template_case {
  const char* what;
  const char* source;
  const char* value;
};

TEST_CASE("a template is built member by member and element by element", "[template]") {
  constexpr template_case cases[] = {
      {"a scalar is itself", R"(42)", R"(42)"},
      {"null is itself", R"(null)", R"(null)"},
      {"a text is itself", R"("total > 100")", R"("total > 100")"},
      {"an object with an operator as its only key is a rule", R"({"var": "id"})", R"(7)"},
      {"a rule keeps the type of its value", R"({"var": "order"})", R"({"total": 42})"},
      {"an object of rules", R"({"id": {"var": "id"}, "name": {"var": "name"}})",
       R"({"id": 7, "name": "Ada"})"},
      {"an object with one key that is not an operator", R"({"text": {"var": "name"}})",
       R"({"text": "Ada"})"},
      {"rules and literals side by side", R"({"id": {"var": "id"}, "kind": "order"})",
       R"({"id": 7, "kind": "order"})"},
      {"objects in objects", R"({"user": {"who": {"name": {"var": "name"}}}, "n": 1})",
       R"({"user": {"who": {"name": "Ada"}}, "n": 1})"},
      {"an array of rules", R"([{"var": "id"}, 2, {"+": [1, 2]}])", R"([7, 2, 3])"},
      {"arrays in objects in arrays", R"([{"a": [{"var": "id"}]}, [{"b": {"var": "name"}}]])",
       R"([{"a": [7]}, [{"b": "Ada"}]])"},
      {"several keys that are operators are keys", R"({"max": 1, "min": {"var": "id"}})",
       R"({"max": 1, "min": 7})"},
      {"an absent variable is null", R"({"gone": {"var": "gone"}})", R"({"gone": null})"},
      {"an empty object", R"({})", R"({})"},
      {"an empty array", R"([])", R"([])"},
      {"an empty key", R"({"": {"var": "id"}})", R"({"": 7})"},
      {"a literal stands as it is", R"({"literal": {"var": "id"}})", R"({"var": "id"})"},
      {"a literal in an object", R"({"rule": {"literal": {"var": "id"}}, "id": {"var": "id"}})",
       R"({"rule": {"var": "id"}, "id": 7})"},
      {"a literal of a literal", R"({"literal": {"literal": 1}})", R"({"literal": 1})"},
      {"a literal of an omit", R"({"literal": {"omit": []}})", R"({"omit": []})"},
      {"literal beside another key is a key", R"({"literal": {"var": "id"}, "n": 1})",
       R"({"literal": 7, "n": 1})"},
      {"an omitted member", R"({"a": 1, "b": {"omit": []}})", R"({"a": 1})"},
      {"an omitted element", R"([1, {"omit": []}, 3])", R"([1, 3])"},
      {"all members omitted", R"({"a": {"omit": []}, "b": {"omit": []}})", R"({})"},
      {"a rule that omits", R"({"a": {"if": [{"var": "none"}, 1, {"omit": []}]}, "b": 2})",
       R"({"b": 2})"},
      {"a rule that does not omit", R"({"a": {"if": [{"var": "id"}, 1, {"omit": []}]}, "b": 2})",
       R"({"a": 1, "b": 2})"},
      {"an absent variable that is left out", R"({"a": {"var": ["gone", {"omit": []}]}, "b": 2})",
       R"({"b": 2})"},
      {"a null variable is not absent", R"({"a": {"var": ["none", {"omit": []}]}, "b": 2})",
       R"({"a": null, "b": 2})"},
      {"or leaves out", R"([{"or": [{"var": "none"}, {"omit": []}]}])", R"([])"},
      {"a template that is left out as a whole is null", R"({"omit": []})", R"(null)"},
      {"to an operator omit is undefined", R"({"a": {"cat": ["x", {"omit": []}]}, "b": 1})",
       R"({"a": "x", "b": 1})"},
      {"a literal inside a rule", R"({"if": [true, {"literal": {"var": "id"}}]})",
       R"({"var": "id"})"},
      {"a rule that returns an array", R"({"map": [{"var": "tags"}, {"cat": [{"var": ""}, "!"]}]})",
       R"(["a!", "b!"])"},
      {"NaN is null", R"({"n": {"max": ["x", 1]}, "m": 1})", R"({"n": null, "m": 1})"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what, c.source);
    CHECK(built(json::parse(c.source)) == json::parse(c.value));
  }
}

TEST_CASE("a template finds typos of operators, and accepts usual keys", "[template]") {
  struct {
    const char* source;
    std::vector<std::string> expected;
  } const cases[] = {
      {R"({"id": 1})", {}},
      {R"({"name": {"var": "name"}})", {}},
      {R"({"amount": {"var": "id"}})", {}},
      {R"({"total": true})", {}},
      {R"({"vra": "id"})", {"warning /vra unknown_operator"}},
      {R"({"a": {"filtr": [1, 2]}, "b": 1})", {"warning /a/filtr unknown_operator"}},
      {R"({"VAR": "id"})", {"warning /VAR unknown_operator"}},
      {R"({"contains": ["abc", "a"]})", {"warning /contains unknown_operator"}},
      {R"({"=>": [1, 2]})", {"warning /=> unknown_operator"}},
      {R"({"a": {"secrets": "API_TOKEN"}})", {"warning /a/secrets unknown_operator"}},
      {R"({"a": {"secrets": "three of them"}})", {}},
      {R"({">>": 1})", {"warning />> unknown_operator"}},
      {R"([{"a": [{"vars": "x"}]}])", {"warning /0/a/0/vars unknown_operator"}},
      {R"({">": [1, 2], "<": [1, 2]})", {"warning  several_rules"}},
      {R"({"literal": {"vra": 1}})", {}},
      {R"({"left": true})", {}},
      {R"({"left": "x"})", {"warning /left unknown_operator"}},
      {R"({"a": {"+": [{"vra": "id"}]}, "b": 1})", {"error /a/+/0/vra unknown_operator"}},
      {R"({"if": [true, {"id": {"var": "id"}, "n": 1}]})", {"warning /if/1 rule_in_literal"}},
      {R"({"if": [true, {"id": 1, "n": 1}]})", {}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.source);
    CHECK(template_problems(json::parse(c.source)) == c.expected);
  }
  std::vector<diagnostic> diagnostics;
  (void)compile_template({{"vra", "id"}}, "/data/json", diagnostics);
  REQUIRE(diagnostics.size() == 1);
  CHECK(diagnostics[0].pointer == "/data/json/vra");
  CHECK(diagnostics[0].message ==
        "\"vra\" is not a JSONLogic operator, so this object is passed with this key; did you mean "
        "\"var\"?");
}

TEST_CASE("a rule alone knows literal and omit as well", "[template]") {
  const auto made = compile(json::parse(R"({"if": [true, {"literal": {"var": "id"}}]})"));
  REQUIRE(made);
  CHECK(made->evaluate(variables{template_data}).value() == json{{"var", "id"}});
  CHECK(
      compile(json::parse(R"({"omit": []})")).value().evaluate(variables{template_data}).value() ==
      nullptr);
}

TEST_CASE("a text with braces in a template is computed", "[template]") {
  constexpr template_case cases[] = {
      {"a variable in a text", R"("Hello {{name}}!")", R"("Hello Ada!")"},
      {"a text that is one variable keeps its type", R"("{{order}}")", R"({"total": 42})"},
      {"spaces do not count", R"("{{ order.total }}")", R"(42)"},
      {"spaces around make it a text", R"(" {{id}}")", R"(" 7")"},
      {"several", R"("{{id}}-{{name}}")", R"("7-Ada")"},
      {"null is empty in a text", R"("a{{none}}b{{gone}}c")", R"("abc")"},
      {"null alone stays null", R"("{{none}}")", R"(null)"},
      {"arrays and objects in a text are JSON", R"("{{tags}} {{order}}")",
       R"("[\"a\",\"b\"] {\"total\":42}")"},
      {"an operator", R"("{{ name | upper }}")", R"("ADA")"},
      {"operators with arguments", R"("{{ tags | join \", \" | pad 6 \".\" }}")", R"("a, b..")"},
      {"braces in an argument", R"("{{ name | replace \"A\" \"}}|\" }}")", R"("}}|da")"},
      {"escaped braces", R"("\\{{id}} {{id}}")", R"("{{id}} 7")"},
      {"only escaped braces", R"("\\{{id}}")", R"("{{id}}")"},
      {"closing braces alone are text", R"("a}}")", R"("a}}")"},
      {"in objects and arrays", R"({"a": ["{{id}}", {"b": "n{{id}}"}]})",
       R"({"a": [7, {"b": "n7"}]})"},
      {"a key is not computed", R"({"{{id}}": 1})", R"({"{{id}}": 1})"},
      {"a literal is not computed", R"({"literal": "{{id}}"})", R"("{{id}}")"},
      {"a text in a rule is not computed", R"({"cat": ["{{id}}"]})", R"("{{id}}")"},
      {"beyond ASCII", R"("ñ{{ name }}é")", R"("ñAdaé")"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what, c.source);
    CHECK(built(json::parse(c.source)) == json::parse(c.value));
  }
}

TEST_CASE("what is wrong in braces is shown with its place", "[template]") {
  struct {
    const char* text;
    const char* code;
    const char* place;
  } const cases[] = {
      {"ab {{id", "invalid_text_template", "(at byte 3 of the text)"},
      {"{{}}", "invalid_text_template", "(at byte 0 of the text)"},
      {"{{ id | }}", "invalid_text_template", "(at byte 8 of the text)"},
      {"{{ id name }}", "invalid_text_template", "(at byte 6 of the text)"},
      {"{{ id | pad x }}", "invalid_text_template", "(at byte 12 of the text)"},
      {"{{ id | pad [1] }}", "invalid_text_template", "(at byte 12 of the text)"},
      {"ab {{ id | uper }}", "unknown_operator", "(at byte 3 of the text)"},
      {"{{ id | uper }}", "unknown_operator", "did you mean \"upper\"?"},
      {"{{id}} {{ id | slice }}", "wrong_argument_count", "(at byte 7 of the text)"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    std::vector<diagnostic> diagnostics;
    (void)compile_template({{"a", {c.text}}}, "/data", diagnostics);
    REQUIRE(diagnostics.size() == 1);
    CHECK(diagnostics[0].pointer == "/data/a/0");
    CHECK(diagnostics[0].code == c.code);
    CHECK(diagnostics[0].message.find(c.place) != std::string::npos);
  }
}

TEST_CASE("the keys of members are names, also if they are operators", "[template]") {
  std::vector<diagnostic> diagnostics;
  const json source = json::parse(R"({"var": {"var": "id"}})");
  const auto made = compile_members(source, "", diagnostics);
  CHECK(diagnostics.empty());
  CHECK(made.evaluate(variables{template_data}).value() == json{{"var", 7}});
  CHECK(compile_members({{"omit", json::array()}}, "", diagnostics)
            .evaluate(variables{template_data})
            .value() == json{{"omit", json::array()}});
}

TEST_CASE("the rules of a template share one budget", "[template]") {
  limits allowed;
  allowed.max_steps = 60;
  const json rule = json::parse(R"({"map": [[1, 2, 3, 4, 5, 6, 7, 8], {"var": ""}]})");
  CHECK(built(json::array({rule}), allowed) == json::array({{1, 2, 3, 4, 5, 6, 7, 8}}));
  CHECK(built(json(20, rule), allowed)
            .get<std::string>()
            .starts_with("error: evaluating a JSONLogic rule: not finished after 60 steps"));

  allowed = {};
  allowed.max_bytes = 20'000;
  const json copies = json::array({{{"var", "big"}}, {{"var", "big"}}, {{"var", "big"}}});
  const json big{{"big", std::string(9'000, 'x')}};
  const auto made = compile_template(copies, allowed);
  REQUIRE(made);
  CHECK(made->evaluate(variables{big}, allowed).error().code == errc::limit_exceeded);
  CHECK(made->evaluate(variables{big}).value().size() == 3);
}

TEST_CASE("the size and depth of a template are limited", "[template]") {
  json deep = 1;
  for (int i = 0; i < 200; ++i) deep = json::array({std::move(deep)});
  CHECK(template_problems(deep) == std::vector<std::string>{"error  rule_too_deep"});
  CHECK(template_problems(json(200'000, 1)) == std::vector<std::string>{"error  rule_too_large"});
}

TEST_CASE("a template without rules is a literal and keeps its source", "[template]") {
  value_template kept;
  {
    json source{{"a", {1, 2}}, {"b", "a text that is not stored in place"}};
    kept = compile_template(source).value();
    source = nullptr;
  }
  REQUIRE(kept.literal() != nullptr);
  CHECK(*kept.literal() == kept.source());
  CHECK(kept.evaluate(variables{}).value() == kept.source());
  CHECK(compile_template({{"a", {{"var", "x"}}}, {"b", 1}}).value().literal() == nullptr);
  const auto escaped = compile_template({{"literal", {{"var", "x"}}}}).value();
  CHECK(*escaped.literal() == json{{"var", "x"}});
  CHECK(value_template{}.evaluate(variables{}).value() == nullptr);
}

TEST_CASE("a member that is left out is distinguished from null", "[template]") {
  const auto absent = compile_template({{"omit", json::array()}}).value();
  CHECK(absent.evaluate_member(variables{template_data}).value() == std::nullopt);
  const auto null = compile_template({{"var", "none"}}).value();
  CHECK(null.evaluate_member(variables{template_data}).value() == std::optional<json>{nullptr});
}

}  // namespace
}  // namespace pawl::flow::logic
