// The W3C trace context of a start, as the steps of its run pass it on.

#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

TEST_CASE("steps have the trace of their run's start, across a restart and in subflows",
          "[engine][subflow][trace]") {
  const data_folder kept;
  const auto trace = parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  std::mutex mutex;
  std::map<std::string, std::set<std::string>> told;  // by idempotency key without the run id
  const auto open = [&] {
    auto e = std::make_unique<engine>(kept.used());
    REQUIRE(e->functions().add("t.tell", [&](const json&, step_context& step) -> result<json> {
      const std::lock_guard lock{mutex};
      told[std::string{step.node()}].insert(step.traceparent());
      if (step.resume_value() == nullptr && step.node() == "again") return step.interrupt("go on?");
      return json::object();
    }));
    REQUIRE(e->open());
    return e;
  };
  run_id id;
  {
    const auto e = open();
    REQUIRE(
        e->put_flow(flow_named("child", {node("inner", "task", {{"code_ref", "t.tell"}})}, {})));
    REQUIRE(e->put_flow(flow_named("parent",
                                   {node("first", "task", {{"code_ref", "t.tell"}}),
                                    node("again", "task", {{"code_ref", "t.tell"}}),
                                    node("sub", "subflow", {{"flow", "child"}})},
                                   {edge("first", "again"), edge("again", "sub")})));
    const auto started = e->start("parent", json::object(), {.trace = trace});
    REQUIRE(started);
    id = started->id;
    once(*e, id, [](const run_view& run) { return run.summary.status == run_status::paused; });
  }
  const auto e = open();
  REQUIRE(e->runs().resume(id, {.answer = json(true)}));
  const auto done = e->wait(id, 30s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
  std::set<std::string> parents;
  for (const auto* at : {"first", "again", "inner"}) {
    REQUIRE(told[at].size() >= 1);
    for (const auto& each : told[at]) {
      const auto read = parse_traceparent(each);
      REQUIRE(read);
      CHECK(read->trace_id == trace->trace_id);
      CHECK(read->flags == 1);
      CHECK(parents.insert(each).second);
    }
  }
}
