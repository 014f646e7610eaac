#include "cli/flow_text.hpp"

#include "flow/definition/compiled.hpp"
#include "flow/definition/short_form.hpp"
#include "flow/testing/flows.hpp"
#include "flow/testing/random_flow.hpp"
#include "flow/values/parse_json.hpp"
#include "server/yaml/parse_yaml.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::cli;
using nlohmann::ordered_json;

namespace {

const char* const written = R"({
  "name": "order",
  "nodes": [
    {"id": "large", "type": "condition", "expr": {">": [{"var": "amount"}, 1000]}, "else": "pay"},
    {
      "id": "ask",
      "type": "interrupt",
      "question": "An order of {{amount}}: may it be paid? The customer {{customer.name}} waits.",
      "timeout": "30d"
    },
    {"id": "pay", "type": "task", "code_ref": "core.echo", "retry": {"max_attempts": 3}}
  ]
}
)";

json from_yaml(const std::string& text) {
  const auto read = server::parse_yaml(text, "the text", 1u << 20, 64);
  CAPTURE(text);
  INFO((read ? "" : read.error().message));
  REQUIRE(read);
  return read->value;
}

}  // namespace

TEST_CASE("a flow is written as JSON with short things on one line", "[flow_text]") {
  const auto value = ordered_json::parse(written);
  CHECK(json_text(value) == written);
  CHECK(json_text(json::array()) == "[]\n");
  CHECK(json_text("x") == "\"x\"\n");
}

TEST_CASE("a flow is written as YAML with each setting on its line", "[flow_text]") {
  CHECK(yaml_text(ordered_json::parse(written)) == R"(name: order
nodes:
  - id: large
    type: condition
    expr: {">": [{var: amount}, 1000]}
    else: pay
  - id: ask
    type: interrupt
    question: "An order of {{amount}}: may it be paid? The customer {{customer.name}} waits."
    timeout: 30d
  - id: pay
    type: task
    code_ref: core.echo
    retry: {max_attempts: 3}
)");
  CHECK(yaml_text(ordered_json::object()) == "{}\n");
}

TEST_CASE("texts survive YAML, also in readers of YAML 1.1", "[flow_text]") {
  const std::string texts[] = {
      "",       "yes",    "No",   "on",         "OFF",     "y",
      "null",   "~",      "true", "12",         "1e3",     "0x1f",
      "007",    "0xd",    ".5",   "1_000",      "12:30",   "a: b",
      "a #b",   "#a",     "- a",  "-",          "?",       "@x",
      "%x",     "&a",     "*a",   "!t",         "| x",     "> x",
      "{a}",    "[a]",    "a, b", "2026-11-29", "a\nb",    "a\tb",
      " a",     "a ",     "'a'",  "\"a\"",      "a\\b",    "<<",
      "\u00e9", "\u2028", "=",    "\u0085",     "30s",     "a-b/c.d",
      "...",    "---",    "\x01", "\x7f",       "\ufeffx", std::string("a\0b", 3)};
  for (const auto& text : texts) {
    CAPTURE(text);
    CHECK(from_yaml(yaml_text({{"k", text}})) == json{{"k", text}});
    CHECK(from_yaml(yaml_text({{text, "v"}})) == json{{text, "v"}});
    CHECK(from_yaml(yaml_text(ordered_json::array({text, {{text, text}}}))) ==
          json::array({text, {{text, text}}}));
  }
  CHECK(yaml_text({{"a", "yes"}, {"b", "30s"}, {"c", "12"}}) == "a: \"yes\"\nb: 30s\nc: \"12\"\n");
}

TEST_CASE("random flows survive their texts", "[flow_text][random]") {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    CAPTURE(seed);
    flow::testing::random_source random{seed};
    const json source = flow::testing::flow_generator{random}.make();
    const auto made = flow::compile(source, flow::testing::test_version, {});
    REQUIRE(made.flow);
    const json brief = flow::to_short_form(made.source);
    const auto ordered = flow::in_reading_order(brief);
    // Format, parse, format: the value and the text stay the same.
    const std::string as_json = json_text(ordered);
    const auto parsed = flow::parse_json(as_json, "the text", 1u << 20, 64);
    REQUIRE(parsed);
    CHECK(*parsed == brief);
    const auto again = flow::compile(*parsed, flow::testing::test_version, {});
    REQUIRE(again.flow);
    CHECK(json_text(flow::in_reading_order(flow::to_short_form(again.source))) == as_json);

    const std::string as_yaml = yaml_text(ordered);
    CAPTURE(as_yaml);
    CHECK(from_yaml(as_yaml) == brief);
    CHECK(yaml_text(flow::in_reading_order(from_yaml(as_yaml))) == as_yaml);
    CHECK(from_yaml(yaml_text(flow::in_reading_order(source))) == source);
  }
}
