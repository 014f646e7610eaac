// What steps keep of their results: "result", "keep" and "into".

#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

/// A node of each type that has a result.
std::vector<json> nodes_with(const json& more) {
  std::vector<json> nodes;
  const auto add = [&](const char* type, json data) {
    data.update(more);
    nodes.push_back(node_of("x", type, std::move(data)));
  };
  add("task", {{"code_ref", "test.x"}});
  add("http", {{"url", "https://example.org/"}});
  add("subflow", {{"flow", "other"}});
  add("signal", {{"name", "go"}});
  add("interrupt", {{"question", "?"}});
  return nodes;
}

/// Ends the step of the run's only node with a result.
void end_step(driven_run& run, json value) {
  if (run.call_of("x") != nullptr)
    REQUIRE(run.finish("x", std::move(value)));
  else if (run.state().status == run_status::paused)
    REQUIRE(run.apply(resume_command{std::nullopt, "", json::object(), "", std::move(value)}));
  else
    REQUIRE(run.apply(signal_command{"go", std::move(value), ""}));
}

json data_after(json node, json value) {
  driven_run run{chain({std::move(node)})};
  REQUIRE(run.begin({{"n", 1}}));
  end_step(run, std::move(value));
  CHECK(survives_restart(run));
  REQUIRE(run.status() == run_status::completed);
  return run.data();
}

}  // namespace

TEST_CASE("a step keeps what its rule makes of the result", "[result]") {
  const json answer{{"id", 7}, {"big", "text"}};
  const json only_id = var("result.id");
  for (const json& node : nodes_with({{"into", "it"}, {"result", only_id}}))
    CHECK(data_after(node, answer) == json{{"n", 1}, {"it", 7}});
  const json members{{"id", only_id}, {"next", {{"+", {var("n"), 1}}}}};
  for (const json& node : nodes_with({{"into", "it"}, {"result", members}}))
    CHECK(data_after(node, answer) == json{{"n", 1}, {"it", {{"id", 7}, {"next", 2}}}});
  for (const json& node : nodes_with({{"result", members}}))
    CHECK(data_after(node, answer) == json{{"n", 1}, {"id", 7}, {"next", 2}});
  for (const json& node : nodes_with({{"result", only_id}}))
    CHECK(data_after(node, answer) == json{{"n", 1}, {"result", 7}});
}

TEST_CASE("an http step without a rule keeps the response under its own key", "[result][http]") {
  const auto http = [](json more) {
    more["url"] = "https://example.org/";
    return node_of("x", "http", std::move(more));
  };
  const json response{{"status", 200}, {"json", {{"id", 7}}}};
  CHECK(data_after(http(json::object()), response) == json{{"n", 1}, {"response", response}});
  CHECK(data_after(http({{"result", nullptr}}), response) ==
        json{{"n", 1}, {"response", response}});
  CHECK(data_after(http({{"keep", "json"}}), response) ==
        json{{"n", 1}, {"response", {{"id", 7}}}});
  CHECK(data_after(http({{"into", "response"}, {"result", {{"id", var("result.json.id")}}}}),
                   response) == json{{"n", 1}, {"response", {{"id", 7}}}});
}

TEST_CASE("a step with \"into\": null keeps nothing", "[result]") {
  for (const json& node : nodes_with({{"into", nullptr}}))
    CHECK(data_after(node, {{"id", 7}}) == json{{"n", 1}});
}

TEST_CASE("the result of a step hides data of the same name in its rule", "[result]") {
  driven_run run{chain({task("x", {{"into", "seen"}, {"result", var("result")}})})};
  REQUIRE(run.begin({{"result", "old"}}));
  REQUIRE(run.finish("x", json(5)));
  CHECK(run.data() == json{{"result", "old"}, {"seen", 5}});
}

TEST_CASE("a step whose rule fails has failed as invalid_result", "[result]") {
  const json broken{{"/", {1, var("result.zero")}}};
  for (const json& node : nodes_with({{"result", broken}})) {
    json flow = flow_of({node, task("sorry", {{"into", "x"}})},
                        {edge_on("on_error", "x", "sorry", "invalid_result")});
    driven_run run{flow};
    REQUIRE(run.begin());
    end_step(run, {{"zero", 0}});
    CHECK(run.waiting_at() == lines{"sorry"});
    CHECK(run.data().at("error").at("type") == "invalid_result");
    CHECK(mentions(run.data().at("error").at("message").get<std::string>(),
                   "the \"result\" of the step cannot be computed"));
    CHECK(survives_restart(run));
  }
}

TEST_CASE("a step whose rule fails is not retried, but compensated", "[result]") {
  driven_run run{chain({task("x", {{"result", {{"/", {1, 0}}}},
                                   {"retry", {{"max_attempts", 3}}},
                                   {"compensate", {{"code_ref", "test.undo"}}}})})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("x", json::object()));
  REQUIRE(run.call_of("x") != nullptr);
  CHECK(run.call_of("x")->code_ref == "test.undo");
  REQUIRE(run.finish("x", json::object()));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "invalid_result");
}

TEST_CASE("an http step can keep a part of the response", "[result][http]") {
  const json response{{"status", 200}, {"json", {{"id", 7}}}, {"headers", {{"a", "b"}}}};
  const auto kept = [&](const char* part) {
    return data_after(node_of("x", "http", {{"url", "https://example.org/"}, {"keep", part}}),
                      response)
        .at("response");
  };
  CHECK(kept("json") == json{{"id", 7}});
  CHECK(kept("status") == 200);
  CHECK(kept("headers") == json{{"a", "b"}});
  driven_run run{chain({node_of("x", "http", {{"url", "https://a.example/"}, {"keep", "body"}})})};
  REQUIRE(run.begin());
  REQUIRE(run.finish("x", response));
  REQUIRE(run.status() == run_status::failed);
  CHECK(run.state().error->type == "invalid_result");
  CHECK(mentions(run.state().error->message, "the response has no \"body\""));
}

TEST_CASE("the keys of a step's result are checked", "[result][validation]") {
  const auto problems = [](json more) {
    more["url"] = "https://example.org/";
    return errors_of(chain({start(), node_of("x", "http", std::move(more))}));
  };
  const std::string at = "/nodes/1/data/";
  CHECK(problems({{"keep", "cookies"}}) == lines{at + "keep out_of_range"});
  CHECK(problems({{"keep", "json"}, {"result", 1}}) == lines{at + "keep contradiction"});
  CHECK(problems({{"keep", "json"}, {"into", nullptr}}) == lines{at + "into contradiction"});
  CHECK(problems({{"result", {{"!", {{"wat", 1}}}}}}) ==
        lines{at + "result/!/wat unknown_operator"});
}

TEST_CASE("a step that keeps nothing cannot compute what it keeps", "[result][validation]") {
  for (const json& node : nodes_with({{"into", nullptr}, {"result", var("result")}}))
    CHECK(errors_of(chain({start(), node})) == lines{"/nodes/1/data/into contradiction"});
}

TEST_CASE("rules that read what a step does not keep cause a warning", "[result][soundness]") {
  const auto warnings = [](json node, const char* reads) {
    json flow = chain({std::move(node), condition("c", var(reads)), end()});
    flow["input_schema"] = {{"properties", {{"n", true}}}, {"additionalProperties", false}};
    return warnings_of(flow);
  };
  const lines unwritten{"/nodes/1/data/expr never_written"};
  const json members{{"id", var("result.id")}};
  CHECK(warnings(task("x", {{"result", members}}), "id") == lines{});
  CHECK(warnings(task("x", {{"result", members}}), "other") == unwritten);
  CHECK(warnings(task("x", {{"into", nullptr}}), "id") == unwritten);
  CHECK(warnings(node_of("x", "http", {{"url", "https://a.example/"}}), "response") == lines{});
  CHECK(warnings(node_of("x", "http", {{"url", "https://a.example/"}}), "answer") == unwritten);
  const json answered{{"url", "https://a.example/"}, {"result", {{"id", var("result.json.id")}}}};
  CHECK(warnings(node_of("x", "http", answered), "id") == lines{});
  CHECK(warnings(node_of("x", "http", answered), "response") == unwritten);
  CHECK(warnings(task("x", {{"result", var("nowhere")}}), "id") ==
        lines{"/nodes/0/data/result never_written"});
}
