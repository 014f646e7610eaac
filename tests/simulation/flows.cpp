#include "tests/simulation/flows.hpp"

#include <array>
#include <string>
#include <utility>

#include "flow/testing/random_flow.hpp"
#include "flow/testing/step_model.hpp"
#include "tests/support/catch.hpp"

namespace pawl::simulation {
namespace {

/// A random sequence of tasks with a loop, a fork, signals or a subflow.
json random_flow(world& w, const std::string& name, const char* child) {
  json nodes = json::array({{{"id", "begin"}, {"type", "start"}}});
  json edges = json::array();
  const auto task = [&](const std::string& id, const std::string& after) {
    nodes.push_back({{"id", id},
                     {"type", "task"},
                     {"data", {{"code_ref", "sim.step"}, {"into", "from_" + id}}}});
    if (!after.empty()) edges.push_back({{"source", after}, {"target", id}});
  };
  std::string last = "begin";
  const std::size_t length = 1 + w.draw(5);
  for (std::size_t i = 0; i < length; ++i) {
    const std::string id = "t" + std::to_string(i);
    task(id, last);
    last = id;
  }
  switch (w.draw(*child == '\0' ? 4 : 6)) {
    case 0:  // back to the first task until the last has been visited three times
      nodes.push_back({{"id", "again"},
                       {"type", "condition"},
                       {"data", {{"expr", {{"<", {{{"var", "from_" + last + ".visit"}}, 3}}}}}}});
      nodes.push_back({{"id", "end"}, {"type", "end"}});
      edges.push_back({{"source", last}, {"target", "again"}});
      edges.push_back({{"source", "again"}, {"target", "t0"}, {"data", {{"when", true}}}});
      edges.push_back({{"source", "again"}, {"target", "end"}, {"data", {{"when", false}}}});
      break;
    case 1:
      for (const char* branch : {"left", "middle", "right"}) task(branch, last);
      break;
    case 2:  // two signals, one after the other
      for (const char* id : {"first", "second"}) {
        nodes.push_back({{"id", id}, {"type", "signal"}, {"data", {{"name", "go"}, {"into", id}}}});
        edges.push_back({{"source", last}, {"target", id}});
        last = id;
      }
      task("after", last);
      break;
    case 4:
    case 5:
      nodes.push_back(
          {{"id", "sub"}, {"type", "subflow"}, {"data", {{"flow", child}, {"into", "sub"}}}});
      edges.push_back({{"source", last}, {"target", "sub"}});
      task("after", "sub");
      break;
    default:
      break;
  }
  return {{"name", name}, {"nodes", nodes}, {"edges", edges}};
}

/// A random flow of all node types.
json any_flow(world& w, const std::string& name, const char* child) {
  flow::testing::random_source random{w.random()};
  flow::testing::random_flow_options options;
  options.child = child;
  if (name != "flow") options.max_nodes = 5;
  json made = flow::testing::flow_generator{random, options}.make();
  made["name"] = name;
  return made;
}

}  // namespace

std::vector<json> random_flows(world& w, bool simple) {
  std::vector<json> made;
  const std::pair<const char*, const char*> names[] = {
      {"grandchild", ""}, {"child", "grandchild"}, {"flow", "child"}};
  for (const auto& [name, child] : names)
    made.push_back(simple ? random_flow(w, name, child) : any_flow(w, name, child));
  return made;
}

std::shared_ptr<functions::registry> simulated_functions(std::uint64_t seed, bool simple,
                                                         std::map<std::string, int>* pure_calls) {
  auto registry = std::make_shared<functions::registry>();
  const flow::testing::step_model model{seed};
  const auto step_function = [model, simple, pure_calls](const json& state,
                                                         step_context& step) -> result<json> {
    if (pure_calls != nullptr) ++(*pure_calls)[std::string{step.idempotency_key()}];
    if (simple) return json{{"visit", step.visit()}};
    if (const auto asked = model.interrupts(step.node(), step.visit(), step.resume_value()))
      return step.interrupt(asked->value, asked->update);
    return model.outcome(std::string{step.node()}, step.visit(), step.attempt(), step.args(),
                         state);
  };
  REQUIRE(registry->add(in, "sim.step", step_function, {.pure = pure_calls != nullptr}));
  REQUIRE(registry->add(in, "sim.undo", step_function, {.pure = pure_calls != nullptr}));
  // The outcomes of the built-in function that sends requests, without a socket.
  const auto request = [model](const json& state, step_context& step) -> result<json> {
    auto answer =
        model.outcome(std::string{step.node()}, step.visit(), step.attempt(), step.args(), state);
    if (answer) return json{{"status", 200}, {"body", "x"}, {"json", *std::move(answer)}};
    constexpr std::array types = {"http_status", "http_connect", "http_failed", "http_not_allowed",
                                  "http_tls",    "too_large",    "timed_out"};
    return fail(types[(step.visit() + step.attempt()) % types.size()], "as the model says");
  };
  REQUIRE(registry->add_built_in("core.http", request, {}));
  return registry;
}

}  // namespace pawl::simulation
