#include "cli/view/progress.hpp"

#include "flow/nodes/node.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::cli;

namespace {

flow::definition small_flow() {
  std::vector<diagnostic> diagnostics;
  auto flow = flow::parse_definition(json::parse(R"({
    "name": "small",
    "nodes": [{"id": "s", "type": "start"}, {"id": "work", "type": "task"},
              {"id": "big", "type": "condition"}, {"id": "yes", "type": "end"},
              {"id": "no", "type": "end"}],
    "edges": [{"source": "s", "target": "work"}, {"source": "work", "target": "big"},
              {"source": "big", "target": "yes", "data": {"when": true}},
              {"source": "big", "target": "no", "data": {"when": false}}]})"),
                                     diagnostics);
  REQUIRE(diagnostics.empty());
  return flow;
}

history_event event(std::string kind, std::string node = {}, json detail = json::object()) {
  return {1, from_unix_us(1'000'000), std::move(kind), std::move(node), 1, 1, std::move(detail)};
}

}  // namespace

TEST_CASE("nodes follow the events of their run") {
  run_progress progress{small_flow()};
  const auto& nodes = progress.nodes();
  progress.apply(event("run_created"));
  CHECK(nodes[0].phase == node_phase::done);
  CHECK(nodes[1].phase == node_phase::idle);

  progress.apply(event("step_started", "work"));
  CHECK(nodes[1].phase == node_phase::running);
  CHECK(progress.active() == std::vector<std::string>{"work"});
  progress.apply(event("step_progress", "work", {{"fraction", 0.5}}));
  CHECK(nodes[1].fraction == 0.5);

  progress.apply(event("step_finished", "work", {{"us", 1200}}));
  CHECK(nodes[1].phase == node_phase::done);
  CHECK(nodes[1].took_us == 1200);
  CHECK_FALSE(nodes[1].fraction);
  CHECK(progress.steps_done() == 1);

  progress.apply(event("condition_evaluated", "big", {{"result", false}}));
  progress.apply(event("edge_taken", "big", {{"to", "no"}, {"why", "condition"}}));
  progress.apply(event("run_completed"));
  CHECK(nodes[2].condition == false);
  CHECK(nodes[3].phase == node_phase::idle);
  CHECK(nodes[4].phase == node_phase::done);
}

TEST_CASE("a failed step has a note and a cancelled run has no running nodes") {
  run_progress failed{small_flow()};
  failed.apply(event("step_started", "work"));
  failed.apply(event("step_failed", "work", {{"us", 5}, {"type", "x"}, {"message", "Broken."}}));
  failed.apply(event("run_failed", "", {{"type", "x"}, {"message", "Broken."}}));
  CHECK(failed.nodes()[1].phase == node_phase::failed);
  CHECK(failed.nodes()[1].note == "x: Broken.");

  run_progress cancelled{small_flow()};
  cancelled.apply(event("step_started", "work"));
  cancelled.apply(event("run_cancelled"));
  CHECK(cancelled.nodes()[1].phase == node_phase::halted);
  CHECK(cancelled.active().empty());
}

TEST_CASE("every node type has an event that completes it in the drawing") {
  for (const auto* type : flow::node_types()) {
    INFO("node type \""
         << type->name << "\" has no entry in completion_events of "
         << "cli/view/progress.cpp: without it, such nodes are never drawn as finished");
    CHECK(completion_event(type->name).has_value());
  }
  CHECK_FALSE(completion_event("unknown"));
}

TEST_CASE("a fork and a join are finished after their events") {
  std::vector<diagnostic> diagnostics;
  const auto flow = flow::parse_definition(json::parse(R"({
    "name": "forked",
    "nodes": [{"id": "p", "type": "parallel"}, {"id": "a", "type": "task"},
              {"id": "b", "type": "task"}, {"id": "j", "type": "join"}, {"id": "e", "type": "end"}],
    "edges": [{"source": "p", "target": "a"}, {"source": "p", "target": "b"},
              {"source": "a", "target": "j"}, {"source": "b", "target": "j"},
              {"source": "j", "target": "e"}]})"),
                                           diagnostics);
  run_progress progress{flow};
  progress.apply(event("forked", "p", {{"branches", 2}}));
  CHECK(progress.nodes()[0].phase == node_phase::done);
  CHECK(progress.nodes()[3].phase == node_phase::idle);
  progress.apply(event("branches_joined", "j", {{"branches", 2}}));
  CHECK(progress.nodes()[3].phase == node_phase::done);
  CHECK(progress.nodes()[4].phase == node_phase::done);
}

TEST_CASE("a node waits until each of its branches has continued") {
  run_progress progress{small_flow()};
  const auto repeat = [&](const char* kind, int times) {
    for (int n = 0; n < times; ++n) progress.apply(event(kind, "work"));
  };
  repeat("step_started", 3);
  repeat("task_queued", 3);
  CHECK(progress.nodes()[1].waiting == 3);
  repeat("task_leased", 2);
  repeat("step_finished", 2);
  CHECK(progress.nodes()[1].phase == node_phase::waiting);
  CHECK(progress.nodes()[1].waiting == 1);
}

TEST_CASE("events of unknown nodes are ignored") {
  run_progress progress{small_flow()};
  progress.apply(event("step_started", "elsewhere"));
  progress.apply(event("edge_taken", "work", {{"to", "elsewhere"}}));
  CHECK(progress.active().empty());
}
