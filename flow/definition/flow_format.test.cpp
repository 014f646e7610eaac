// docs/flow-format.md and the pages in docs/nodes agree with the code.

#include <fstream>
#include <sstream>

#include "flow/definition/links.hpp"
#include "flow/nodes/node.hpp"
#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

std::string page(const std::string& name) {
  std::ifstream in(pawl::testing::source_dir() / "docs" / name);
  if (!in) FAIL("docs/" << name << " is missing; every node type has a page in docs/nodes/");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string page_of(std::string_view node_type) {
  return page("nodes/" + std::string{node_type} + ".md");
}

/// The page of the format, followed by those of the node types.
std::string all_pages() {
  std::string text = page("flow-format.md");
  for (const auto* type : node_types()) text += page_of(type->name);
  return text;
}

/// Returns the JSON blocks of the pages.
std::vector<std::string> json_blocks() {
  std::vector<std::string> found;
  std::istringstream lines(all_pages());
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

/// Returns the data after a run in which each task returns its arguments.
json echoed(const json& source, json input = json::object()) {
  driven_run run{source};
  REQUIRE(run.begin(std::move(input)));
  while (!run.calls().empty()) {
    const auto call = run.calls().begin()->second;
    REQUIRE(run.apply(run.outcome_of(call, call.args)));
  }
  REQUIRE(run.status() == run_status::completed);
  return run.data();
}

json example(std::string_view name) {
  for (const auto& flow : example_flows())
    if (flow["name"] == name) return flow;
  FAIL("no example flow has the name \"" << name << "\"");
  return {};
}

}  // namespace

TEST_CASE("every example flow in the documentation is valid and has no warnings", "[docs]") {
  const auto flows = example_flows();
  CHECK(flows.size() >= 6);
  for (const auto& flow : flows) {
    CAPTURE(flow["name"]);
    CHECK(compile(flow, test_version, {}).diagnostics == std::vector<diagnostic>{});
  }
}

TEST_CASE("the example flows behave as documented", "[docs]") {
  CHECK(echoed(example("greeting")) == json{{"greeting", "hello"}, {"message", "bye"}});
  CHECK(echoed(example("order in short")) ==
        json{{"reserved", {{"shelf", 7}}}, {"charged", {{"amount", 42}}}, {"message", "shipped"}});
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
  CHECK(echoed(example("as it was stored")) == json{{"total", 120}, {"discount", 10}});
  CHECK(echoed(example("two offers")) == json{{"offer", {120, 110}}, {"best", 110}});
  CHECK(echoed(example("ship all"), {{"orders", {7, 8}}}) ==
        json{{"orders", {7, 8}}, {"shipped", {"P7", "P8"}}, {"first", "P7"}});
}

TEST_CASE("the examples of waits, questions and time-outs behave as documented", "[docs]") {
  using namespace std::chrono_literals;
  driven_run remind{example("remind")};
  const auto began = remind.now();
  REQUIRE(remind.begin({{"after", "3d"}}));
  CHECK(next_timer(remind.state()) == began + 72h);
  REQUIRE(remind.fire_timer());
  REQUIRE(remind.finish("remind"));
  CHECK(next_timer(remind.state()) == *parse_rfc3339("2026-12-31T23:00:00Z"));

  driven_run ask{example("ask first")};
  REQUIRE(ask.begin({{"amount", 5}}));
  CHECK(ask.status() == run_status::paused);
  CHECK(ask.state().metadata.at("interrupt_value") == "Pay 5?");
  driven_run unanswered = ask;
  CHECK_FALSE(ask.apply(resume_command{std::nullopt, "", json::object(), "", json("yes")}));
  REQUIRE(ask.apply(resume_command{std::nullopt, "", json::object(), "", json{{"yes", true}}}));
  CHECK(ask.call_of("pay") != nullptr);
  REQUIRE(unanswered.fire_timer());
  CHECK(unanswered.status() == run_status::completed);

  driven_run release{example("release with approval")};
  REQUIRE(release.begin());
  REQUIRE(release.fire_timer());
  CHECK(release.state().error->type == "late");
}

TEST_CASE("the examples of failures behave as documented", "[docs]") {
  driven_run charge{example("patient charge")};
  REQUIRE(charge.begin({{"amount", 5}}));
  REQUIRE(charge.finish("charge", fail("busy", "later")));
  REQUIRE(charge.fire_timer());
  REQUIRE(charge.finish("charge", fail("card_declined", "no")));
  CHECK(charge.call_of("sorry")->args == json{{"cause", "no"}});

  driven_run journey{example("journey")};
  REQUIRE(journey.begin());
  REQUIRE(journey.finish("flight", json{{"flight", "PA 7"}}));
  REQUIRE(journey.finish("hotel", json{{"hotel", "Ritz"}}));
  CHECK(journey.call_of("hotel")->args == json{{"message", "Ritz"}});
  REQUIRE(journey.finish("hotel"));
  CHECK(journey.call_of("flight")->args == json{{"message", "PA 7"}});
  REQUIRE(journey.finish("flight"));
  CHECK(journey.state().error->type == "no_car");

  driven_run once{example("pay once")};
  REQUIRE(once.begin());
  once.restart_from(once.state());
  CHECK(once.status() == run_status::paused);

  driven_run other{example("another way")};
  CHECK_FALSE(other.begin());
  REQUIRE(other.begin({{"amount", 1}}));
  REQUIRE(other.finish("card", fail("card_declined", "no")));
  CHECK(other.call_of("invoice")->args == json{{"reason", "no"}});
}

TEST_CASE("every key is documented on the page of its node type", "[docs]") {
  for (const auto* type : node_types()) {
    CAPTURE(type->name);
    const std::string text = page_of(type->name);
    CHECK(text.starts_with("# " + std::string{type->name} + "\n"));
    CHECK(mentions(text, "$ pawl run "));
    for (const auto key : type->keys) {
      CAPTURE(key);
      CHECK(mentions(text, "| `" + std::string{key} + "` |"));
    }
  }
  const std::string text = all_pages();
  for (const char* key :
       {"data.when", "data.on_error", "data.into", "data.on_timeout", "data.each", "data.body",
        "input_schema", "output", "defaults", "on", "respect_retry_after", "max_attempts",
        "initial_interval", "backoff", "max_interval", "jitter", "non_retryable"}) {
    CAPTURE(key);
    CHECK(mentions(text, "| `" + std::string{key} + "` |"));
  }
  for (const auto key : link_keys) {
    CAPTURE(key);
    CHECK(mentions(page("flow-format.md"), "`" + std::string{key} + "`"));
  }
  for (const auto key : common_node_keys()) {
    CAPTURE(key);
    CHECK(mentions(text, "`" + std::string{key} + "`"));
  }
}

TEST_CASE("the documented limits are the defaults of the code", "[docs]") {
  const limits by_default;
  CHECK(by_default.max_bytes == 1u << 20);
  CHECK(by_default.max_depth == 64);
  CHECK(by_default.max_nodes == 1'000);
  CHECK(by_default.max_edges == 5'000);
  CHECK(by_default.max_visits == 1'000);
  CHECK(by_default.max_tokens == 1'000);
  CHECK(by_default.max_state_bytes == 8u << 20);
  CHECK(by_default.max_map_items == 10'000);
}
