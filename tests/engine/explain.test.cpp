// Why a run does not move, on a real engine: what the engine adds to the stored facts.

#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <thread>

#include <pawl/engine.hpp>
#include <pawl/explanation.hpp>

#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

/// Explains a run until its only reason meets a condition, and returns that reason.
wait_reason reason_once(const engine& e, const run_id& id,
                        const std::function<bool(const wait_reason&)>& wanted) {
  for (int looks = 0; looks < 2'000; ++looks) {
    const auto explained = e.runs().explain(id);
    REQUIRE(explained);
    const auto& reasons = explained->run.reasons;
    if (reasons.size() == 1 && wanted(reasons.front())) return reasons.front();
    std::this_thread::sleep_for(5ms);
  }
  FAIL("the run was not explained as expected");
  return {};
}

run_id started(const engine& e, const std::string& flow, const std::string& id) {
  start_options options;
  options.id = run_id{id};
  const auto run = e.start(flow, json::object(), options);
  REQUIRE(run);
  return run->id;
}

}  // namespace

TEST_CASE("explain says that a call waits for a thread, and behind how many", "[explain]") {
  const auto door = std::make_shared<std::latch>(1);
  settings s = quiet_settings();
  s.executor.threads = 1;
  engine e{s};
  REQUIRE(e.functions().add("t.blocks", [door](step_context&) { door->wait(); }));
  function_options limited;
  limited.max_concurrency = 1;
  REQUIRE(e.functions().add(
      "t.limited", [door](step_context&) { door->wait(); }, limited));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("blocks", "t.blocks")));
  REQUIRE(e.put_flow(task_flow("limited", "t.limited")));
  const auto call_is = [](const char* what) {
    return [what](const wait_reason& reason) { return reason.detail.value("call", "") == what; };
  };
  const auto runs = reason_once(e, started(e, "blocks", "r1"), call_is("running"));
  CHECK(runs.text == "The call of \"t.blocks\" at \"work\" is running.");
  CHECK(runs.mover == "function");
  CHECK(runs.since.has_value());
  started(e, "blocks", "r2");
  const auto second = reason_once(e, run_id{"r2"}, call_is("queued"));
  CHECK(second.detail["ahead"] == 0);
  started(e, "blocks", "r3");
  const auto third = reason_once(e, run_id{"r3"}, call_is("queued"));
  CHECK(third.detail["ahead"] == 1);
  CHECK(
      third.text ==
      "The call of \"t.blocks\" at \"work\" waits for a thread, behind 1 call of its flow; 2 calls "
      "wait in all.");
  started(e, "limited", "l1");
  reason_once(e, run_id{"l1"}, call_is("queued"));
  started(e, "limited", "l2");
  const auto limited_call = reason_once(e, run_id{"l2"}, call_is("limited"));
  CHECK(limited_call.text ==
        "The call of \"t.limited\" at \"work\" waits: the function runs at most 1 call at once.");
  door->count_down();
  REQUIRE(e.wait(run_id{"l2"}, 30s));
}

TEST_CASE("explain says which workers ask for a task, and how many are before it", "[explain]") {
  settings s = quiet_settings();
  s.worker.default_queue = "default";
  engine e{s};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("worked", "w.charge")));
  const auto is_queued = [](const wait_reason& r) { return r.detail.contains("ahead"); };
  reason_once(e, started(e, "worked", "r1"), is_queued);
  const auto second = reason_once(e, started(e, "worked", "r2"), is_queued);
  CHECK(second.text ==
        "The task of \"w.charge\" at \"work\" is in the queue \"default\", behind 1 task of this "
        "function; no worker asks for it.");
  CHECK(second.since.has_value());
  task_poll poll;
  poll.worker = "w1";
  poll.functions = {"w.charge"};
  poll.max = 1;
  poll.wait = 10s;
  const auto taken = e.workers().poll(poll);
  REQUIRE(taken);
  REQUIRE(taken->size() == 1);
  const bool took_first = taken->front().run == run_id{"r1"};
  const auto leased = reason_once(e, taken->front().run,
                                  [](const wait_reason& r) { return r.detail.contains("worker"); });
  CHECK(leased.text == "Worker \"w1\" works on the task of \"w.charge\" at \"work\".");
  const auto left = reason_once(e, run_id{took_first ? "r2" : "r1"}, [](const wait_reason& r) {
    return r.detail.value("ahead", 1) == 0;
  });
  CHECK(left.detail["workers"] == 1);
}

TEST_CASE("explain follows the subflows that a run waits for", "[explain]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("child", "signal", {{"name", "go"}})));
  REQUIRE(e.put_flow(single("parent", "subflow", {{"flow", "child"}})));
  REQUIRE(e.put_flow(single("grandparent", "subflow", {{"flow", "parent"}})));
  const auto id = started(e, "grandparent", "g");
  once(e, id, [](const run_view& v) { return v.parked; });
  const auto explained = e.runs().explain(id);
  REQUIRE(explained);
  REQUIRE(explained->run.reasons.size() == 1);
  CHECK(explained->run.reasons[0].kind == "run");
  CHECK(explained->run.reasons[0].since.has_value());
  REQUIRE(explained->subflows.size() == 2);
  CHECK(explained->subflows[0].run.key.id.str() == explained->run.reasons[0].name);
  CHECK(explained->subflows[1].run.parent == explained->subflows[0].run.key.id);
  CHECK(explained->subflows[1].reasons[0].text == "Waits at \"work\" for the signal \"go\".");
  CHECK_FALSE(explained->subflows_left_out);
  const auto missing = e.runs().explain(run_id{"none"});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == errc::not_found);
}

TEST_CASE("explain reads from the history since when and why a run waits", "[explain]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("fails", "core.fail",
                               {{"args", {{"type", "declined"}, {"message", "no money"}}},
                                {"retry", {{"initial_interval", "1h"}}}})));
  REQUIRE(e.put_flow(single("waits", "wait", {{"duration", "1h"}})));
  const auto retry = reason_once(e, started(e, "fails", "f"),
                                 [](const wait_reason& r) { return r.kind == "retry"; });
  CHECK(retry.detail["error"]["type"] == "declined");
  CHECK(retry.until.has_value());
  CHECK(retry.since < retry.until);
  const auto id = started(e, "waits", "w");
  once(e, id, [](const run_view& v) { return v.parked || !v.waiting_on.empty(); });
  command_options because;
  because.reason = "maintenance";
  REQUIRE(e.runs().pause(id, because));
  const auto explained = e.runs().explain(id);
  REQUIRE(explained);
  REQUIRE(explained->run.reasons.size() == 2);
  CHECK(explained->run.reasons[0].text == "A command has paused the run: maintenance");
  CHECK(explained->run.reasons[1].held);
  CHECK(explained->run.reasons[1].since.has_value());
  CHECK(explained->run.reasons[1].detail["left_ms"] > 3'000'000);
}
