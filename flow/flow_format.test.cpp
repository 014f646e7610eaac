// docs/flow-format.md and the code tell the same.

#include <fstream>
#include <sstream>

#include "flow/nodes/node.hpp"
#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

std::string page() {
  std::ifstream in(PAWL_SOURCE_DIR "/docs/flow-format.md");
  REQUIRE(in);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The blocks between "```json" and "```".
std::vector<std::string> json_blocks() {
  std::vector<std::string> found;
  std::istringstream lines(page());
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "```json") {
      found.emplace_back();
      inside = true;
    } else if (line.starts_with("```")) {
      inside = false;
    } else if (inside) {
      found.back() += line + "\n";
    }
  }
  return found;
}

std::vector<json> example_flows() {
  std::vector<json> flows;
  for (const auto& block : json_blocks()) {
    CAPTURE(block);
    const auto parsed = parse_json(block, "the example", 1u << 20, 64);
    REQUIRE(parsed);
    if (parsed->contains("nodes")) flows.push_back(*parsed);
  }
  return flows;
}

/// The data after a run in which each task gets its arguments back.
json echoed(const json& source, json input = json::object()) {
  driven_run run{source};
  REQUIRE(run.begin(std::move(input)));
  while (!run.calls().empty()) {
    const auto call = run.calls().begin()->second;
    REQUIRE(run.give(run.outcome_of(call, call.args)));
  }
  REQUIRE(run.status() == run_status::completed);
  return run.data();
}

json example(std::string_view name) {
  for (const auto& flow : example_flows())
    if (flow["name"] == name) return flow;
  FAIL("there is no example " << name);
  return {};
}

}  // namespace

TEST_CASE("every example flow of the page on the format is valid, without a warning", "[docs]") {
  const auto flows = example_flows();
  CHECK(flows.size() >= 6);
  for (const auto& flow : flows) {
    CAPTURE(flow["name"]);
    CHECK(compile(flow, test_version, {}).faults == std::vector<fault>{});
  }
}

TEST_CASE("the examples of the page on the format do what it says", "[docs]") {
  CHECK(echoed(example("greeting")) == json{{"greeting", "hello"}});
  CHECK(echoed(example("invoice"), {{"price", 3}, {"pieces", 4}}) ==
        json{{"price", 3},
             {"pieces", 4},
             {"total", 12},
             {"run", "r1"},
             {"receipt", {{"paid", true}}}});
  CHECK(echoed(example("approval"), {{"amount", 2000}}).contains("asked"));
  CHECK_FALSE(echoed(example("approval"), {{"amount", 10}}).contains("asked"));
  CHECK(echoed(example("two at once")) ==
        json{{"reserved", {{"shelf", 7}}}, {"charged", {{"amount", 42}}}});
  CHECK(echoed(example("try three times")) == json{{"tries", 3}});
  CHECK(echoed(example("as it was")) == json{{"total", 120}, {"discount", 10}});
}

TEST_CASE("every node type and every key that one reads is on the page", "[docs]") {
  const std::string text = page();
  for (const auto* type : node_types()) {
    CAPTURE(type->name);
    CHECK(mentions(text, "### " + std::string{type->name} + "\n"));
    for (const auto key : type->keys) {
      CAPTURE(key);
      CHECK(mentions(text, "| `" + std::string{key} + "` |"));
    }
  }
  for (const auto key : common_node_keys()) {
    CAPTURE(key);
    CHECK(mentions(text, "`" + std::string{key} + "`"));
  }
}

TEST_CASE("the limits on the page are the defaults of the code", "[docs]") {
  const limits by_default;
  CHECK(by_default.max_bytes == 1u << 20);
  CHECK(by_default.max_depth == 64);
  CHECK(by_default.max_nodes == 1'000);
  CHECK(by_default.max_edges == 5'000);
  CHECK(by_default.max_visits == 1'000);
  CHECK(by_default.max_tokens == 1'000);
  CHECK(by_default.max_state_bytes == 8u << 20);
}
