// Steps of pure functions join the transition that leads to them.

#include <atomic>

#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

/// A flow of tasks in a row, each with its own function.
json row(const std::string& name, const std::vector<std::string>& code_refs) {
  std::vector<json> nodes, edges;
  for (std::size_t i = 0; i < code_refs.size(); ++i) {
    nodes.push_back(node("n" + std::to_string(i), "task", {{"code_ref", code_refs[i]}}));
    if (i > 0) edges.push_back(edge("n" + std::to_string(i - 1), "n" + std::to_string(i)));
  }
  return flow_named(name, std::move(nodes), std::move(edges));
}

json increment(const json& data) {
  return {{"n", data.value("n", 0) + 1}};
}

/// Checks that a run has `expected` checkpoints, and no further one but after each millisecond of
/// calls: a transition makes no more of them then, also if the machine has interrupted one.
void check_checkpoints(const engine& e, const run_view& done, std::uint64_t expected) {
  const auto events = e.runs().history(done.summary.key.id);
  REQUIRE(events);
  std::uint64_t us = 0;
  for (const auto& each : *events)
    if (each.kind == "step_finished") us += each.detail.at("us").get<std::uint64_t>();
  CAPTURE(us);
  CHECK(done.checkpoint >= expected);
  CHECK(done.checkpoint <= expected + us / 1'000);
}

}  // namespace

TEST_CASE("a run of pure steps has one checkpoint", "[engine][pure]") {
  engine e{quiet_settings()};
  REQUIRE(e.functions().add("p.add", increment, {.pure = true}));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(row("f", std::vector<std::string>(100, "p.add"))));
  const auto done = e.start_and_wait("f", json::object(), 10s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
  CHECK(done->data["n"] == 100);
  check_checkpoints(e, *done, 1);
  const auto kinds = kinds_of(e, done->summary.key.id);
  CHECK(count_of(kinds, "step_started") == 100);
  CHECK(count_of(kinds, "step_finished") == 100);
}

TEST_CASE("pure steps join the step before them, another step does not", "[engine][pure]") {
  engine e{quiet_settings()};
  REQUIRE(e.functions().add("p.add", increment, {.pure = true}));
  REQUIRE(e.functions().add("t.add", increment));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(row("f", {"p.add", "t.add", "p.add", "p.add", "t.add", "p.add"})));
  const auto done = e.start_and_wait("f", json::object(), 10s);
  REQUIRE(done);
  CHECK(done->data["n"] == 6);
  check_checkpoints(e, *done, 3);  // the start, and each step that is not pure
}

TEST_CASE("a pure step that fails is retried and handled as any other", "[engine][pure]") {
  engine e{quiet_settings()};
  std::atomic<int> calls{0};
  REQUIRE(e.functions().add("p.fail",
                            [&](step_context&) -> result<json> {
                              if (++calls < 3) return fail("not_yet", "call again");
                              return json{{"n", 1}};
                            },
                            {.pure = true}));
  REQUIRE(e.functions().add(
      "p.throw", [](step_context&) -> json { throw std::runtime_error{"no"}; }, {.pure = true}));
  REQUIRE(e.open());
  auto flow = row("f", {"p.fail"});
  flow["nodes"][0]["data"]["retry"] = {{"max_attempts", 3}, {"initial_interval", "1ms"}};
  REQUIRE(e.put_flow(flow));
  REQUIRE(e.put_flow(row("g", {"p.throw"})));
  const auto done = e.start_and_wait("f", json::object(), 10s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
  CHECK(calls == 3);
  const auto failed = e.start_and_wait("g", json::object(), 10s);
  REQUIRE(failed);
  CHECK(failed->summary.status == run_status::failed);
  REQUIRE(failed->summary.error);
  CHECK(failed->summary.error->type == "exception");
}

TEST_CASE("pure calls hold neither the thread nor memory for long", "[engine][pure]") {
  engine e{quiet_settings()};
  REQUIRE(e.functions().add("p.slow", [](step_context&) { std::this_thread::sleep_for(2ms); },
                            {.pure = true}));
  REQUIRE(e.functions().add("p.large",
                            [](step_context& step) {
                              return json{{step.node(), std::string(300'000, 'x')}};
                            },
                            {.pure = true}));
  REQUIRE(e.open());
  for (const std::string function : {"p.slow", "p.large"}) {
    CAPTURE(function);
    REQUIRE(e.put_flow(row("f", std::vector<std::string>(5, function))));
    const auto done = e.start_and_wait("f", json::object(), 10s);
    REQUIRE(done);
    CHECK(done->summary.status == run_status::completed);
    // A call, then the outcome of the second and a third, then of the fourth and a fifth.
    CHECK(done->checkpoint == 3);
  }
}

TEST_CASE("a pure function is listed as such", "[engine][pure]") {
  engine e{quiet_settings()};
  REQUIRE(e.functions().add("p.add", increment, {.pure = true}));
  const auto listed = e.functions().list();
  const auto found = std::find_if(listed.begin(), listed.end(),
                                  [](const auto& f) { return f.code_ref == "p.add"; });
  REQUIRE(found != listed.end());
  CHECK(found->options.pure);
  CHECK(found->options.run_inline);
}
