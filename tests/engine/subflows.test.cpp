// Runs that start other runs and wait for them, on a real engine.

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

/// The run that another run has started; an empty id if it has started none.
run_id child_of(const engine& e, const run_id& parent) {
  const auto runs = e.runs().list();
  REQUIRE(runs);
  for (const auto& each : runs->runs)
    if (each.parent == parent) return each.key.id;
  return run_id{};
}

/// Waits until a run waits for the run that it has started; returns the id of that one.
run_id awaited_by(const engine& e, const run_id& parent) {
  const auto waits = once(e, parent, [&](const run_view& v) {
    return v.waiting_on.size() == 1 && v.waiting_on[0].kind == "run" &&
           e.get(run_id{v.waiting_on[0].name});
  });
  return run_id{waits.waiting_on[0].name};
}

}  // namespace

TEST_CASE("a subflow is a run of its own; its data is the result", "[engine][subflow]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(
      e.put_flow(single("child", "set", {{"values", {{"twice", {{"*", {{{"var", "n"}}, 2}}}}}}})));
  REQUIRE(e.put_flow(single("parent", "subflow",
                            {{"flow", "child"}, {"input", {{"var", "in"}}}, {"into", "out"}})));
  const auto done = e.start_and_wait("parent", {{"in", {{"n", 21}}}}, 30s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
  CHECK(done->data["out"] == json{{"n", 21}, {"twice", 42}});
  const auto runs = e.runs().list();
  REQUIRE(runs);
  REQUIRE(runs->runs.size() == 2);
  for (const auto& each : runs->runs)
    if (each.flow.name.str() == "child") CHECK(each.parent == done->summary.key.id);
}

TEST_CASE("a subflow keeps the version of its range that it was started with",
          "[engine][subflow]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  const auto put_child = [&](const version& as) {
    const json text = to_string(as);
    REQUIRE(e.put_flow(single("child", "set", {{"values", {{"by", text}}}}), {.version = as}));
  };
  put_child({1, 0, 0});
  put_child({1, 3, 0});
  put_child({2, 0, 0});
  REQUIRE(e.put_flow(single("parent", "subflow", {{"flow", "child"}, {"version", "1.x"}})));
  REQUIRE(e.put_flow(single("lost", "subflow", {{"flow", "child"}, {"version", "4.x"}})));
  const auto done = e.start_and_wait("parent", {}, 30s);
  REQUIRE(done);
  CHECK(done->data["by"] == "1.3.0");

  const auto runs = e.runs().list();
  REQUIRE(runs);
  REQUIRE(runs->runs.size() == 2);
  for (const auto& each : runs->runs)
    if (each.parent) {
      CHECK(each.flow.version == version{1, 3, 0});
      put_child({1, 4, 0});
      REQUIRE(e.flows().publish({flow_name{"child"}, {2, 0, 0}}));
      CHECK(e.runs().restart(each.key.id)->flow.version == version{1, 3, 0});
    }
  CHECK(e.start_and_wait("parent", {}, 30s)->data["by"] == "1.4.0");

  const auto lost = e.start_and_wait("lost", {}, 30s);
  REQUIRE(lost);
  REQUIRE(lost->summary.error);
  CHECK(lost->summary.error->type == "not_found");
  CHECK(lost->summary.error->message.find("it has 2.0.0 (published), 1.4.0") != std::string::npos);
}

TEST_CASE("a subflow's failure fails its step; edges and retries match its type",
          "[engine][subflow]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(flow_named(
      "child",
      {node("begin", "start"), node("no", "fail", {{"error", "refused"}, {"message", "no"}})},
      {edge("begin", "no")})));
  REQUIRE(e.put_flow(flow_named(
      "parent",
      {node("begin", "start"),
       node("work", "subflow",
            {{"flow", "child"}, {"retry", {{"max_attempts", 2}, {"initial_interval", "10ms"}}}}),
       node("end", "end"), node("caught", "end")},
      {edge("begin", "work"), edge("work", "end"),
       edge("work", "caught", {{"on_error", "refused"}, {"into", "why"}})})));
  const auto done = e.start_and_wait("parent", json::object(), 30s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
  CHECK(done->data["why"]["type"] == "refused");
  CHECK(e.runs().list()->runs.size() == 2);  // all attempts resume the same run
}

TEST_CASE("a subflow that starts itself or an unknown flow fails with a clear error",
          "[engine][subflow]") {
  settings s = quiet_settings();
  s.run.max_nesting = 4;
  engine e{s};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("again", "subflow", {{"flow", "again"}})));
  REQUIRE(e.put_flow(single("missing", "subflow", {{"flow", "nowhere"}})));
  const auto deep = e.start_and_wait("again", json::object(), 30s);
  REQUIRE(deep);
  CHECK(deep->summary.status == run_status::failed);
  CHECK(deep->summary.error->message.find("run.max_nesting") != std::string::npos);
  CHECK(e.runs().list()->runs.size() == 5);
  const auto missing = e.start_and_wait("missing", json::object(), 30s);
  REQUIRE(missing);
  CHECK(missing->summary.error->type == "not_found");
}

TEST_CASE("a cancel reaches subflows, and a parent waits for its child across a restart",
          "[engine][subflow]") {
  const data_folder kept;
  run_id parent, cancelled;
  {
    engine e{kept.used()};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(single("child", "signal", {{"name", "go"}})));
    REQUIRE(e.put_flow(single("parent", "subflow", {{"flow", "child"}})));
    cancelled = e.start("parent")->id;
    const run_id child = awaited_by(e, cancelled);
    REQUIRE(e.runs().cancel(cancelled));
    const auto ended = e.wait(child, 30s);
    REQUIRE(ended);
    CHECK(ended->summary.status == run_status::cancelled);
    parent = e.start("parent")->id;
    static_cast<void>(awaited_by(e, parent));
    REQUIRE(e.stop());
  }
  engine e{kept.used()};
  REQUIRE(e.open());
  REQUIRE(e.signal(child_of(e, parent), "go", {{"n", 1}}));
  const auto done = e.wait(parent, 30s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
  CHECK(done->data["n"] == 1);
}

TEST_CASE("flows that start each other fail at max_nesting", "[engine][subflow]") {
  settings s = quiet_settings();
  s.run.max_nesting = 5;
  engine e{s};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("ping", "subflow", {{"flow", "pong"}})));
  REQUIRE(e.put_flow(single("pong", "subflow", {{"flow", "ping"}})));
  const auto deep = e.start_and_wait("ping", json::object(), 30s);
  REQUIRE(deep);
  CHECK(deep->summary.status == run_status::failed);
  CHECK(deep->summary.error->type == "limit_exceeded");
  CHECK(deep->summary.error->message.find("run.max_nesting") != std::string::npos);
  CHECK(e.runs().list()->runs.size() == 6);
}

TEST_CASE("a run that waits for a subflow is parked and names it", "[engine][subflow]") {
  const data_folder kept;
  run_id parent, child;
  {
    engine e{kept.used()};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(single("child", "signal", {{"name", "go"}})));
    REQUIRE(e.put_flow(single("parent", "subflow", {{"flow", "child"}})));
    parent = e.start("parent")->id;
    child = awaited_by(e, parent);
    CHECK(child == child_of(e, parent));
    CHECK(e.get(child)->summary.parent == parent);
    static_cast<void>(once(e, parent, [](const run_view& v) { return v.parked; }));
    REQUIRE(e.stop());
  }
  engine e{kept.used()};
  REQUIRE(e.open());
  CHECK(awaited_by(e, parent) == child);
  REQUIRE(e.signal(child, "go", {{"n", 1}}));
  const auto done = e.wait(parent, 30s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
  CHECK(done->data["n"] == 1);
  CHECK(count_of(kinds_of(e, parent), "child_started") == 1);
  CHECK(count_of(kinds_of(e, parent), "step_finished") == 1);
}

namespace {

/// A function that is called again when the engine is opened again: it only returns when the engine
/// stops.
result<json> hold(const step_context& step) {
  while (!step.stop_requested()) std::this_thread::sleep_for(1ms);
  return error{errc::cancelled, "stopped"};
}

/// Starts a flow whose subflow's subflow is killed in its step; returns the run.
run_id interrupted_family(const settings& used) {
  settings s = used;
  s.engine.stop_timeout_ms = 1ms;
  engine e{s};
  REQUIRE(e.functions().add("work", hold));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("grandchild", "work")));
  REQUIRE(e.put_flow(single("child", "subflow", {{"flow", "grandchild"}})));
  REQUIRE(e.put_flow(single("parent", "subflow", {{"flow", "child"}})));
  const auto parent = e.start("parent")->id;
  const run_id grandchild = awaited_by(e, awaited_by(e, parent));
  static_cast<void>(once(e, grandchild, [](const run_view& v) {
    return v.waiting_on.size() == 1 && v.waiting_on[0].kind == "function";
  }));
  CHECK_FALSE(e.get(parent)->parked);
  REQUIRE(e.stop());
  return parent;
}

}  // namespace

TEST_CASE("waiting for a run resumes its subflows, too, if nothing else does",
          "[engine][subflow]") {
  const data_folder kept;
  const run_id parent = interrupted_family(kept.used());
  settings s = kept.used();
  s.engine.recovery_batch = 0;
  engine e{s};
  REQUIRE(e.functions().add("work", [] { return json{{"n", 1}}; }));
  REQUIRE(e.open());
  CHECK_FALSE(e.get(parent)->parked);
  SECTION("a run that is not in memory") {}
  SECTION("a run that a command has loaded") {
    REQUIRE(e.signal(parent, "something"));
  }
  const auto done = e.wait(parent, 30s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
  CHECK(done->data["n"] == 1);
}

TEST_CASE("a run is parked if all the subflows that it waits for are", "[engine][subflow]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(flow_named("grandchild",
                                {node("ask", "interrupt", {{"question", "Go on?"}}),
                                 node("late", "wait", {{"duration", "1h"}})},
                                {edge("ask", "late")})));
  REQUIRE(e.put_flow(single("child", "subflow", {{"flow", "grandchild"}})));
  REQUIRE(e.put_flow(single("parent", "subflow", {{"flow", "child"}})));
  const auto parent = e.start("parent")->id;
  const run_id grandchild = awaited_by(e, awaited_by(e, parent));
  static_cast<void>(once(e, grandchild, [](const run_view& v) { return v.parked; }));
  static_cast<void>(once(e, parent, [](const run_view& v) { return v.parked; }));
  resume_options answer;
  answer.answer = true;
  REQUIRE(e.runs().resume(grandchild, answer));
  static_cast<void>(once(e, grandchild, [](const run_view& v) {
    return v.waiting_on.size() == 1 && v.waiting_on[0].kind == "timer";
  }));
  CHECK_FALSE(e.get(parent)->parked);  // the timer continues it
}

TEST_CASE("a subflow that times out is cancelled and its parent goes on", "[engine][subflow]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("child", "signal", {{"name", "never"}})));
  REQUIRE(e.put_flow(flow_named(
      "parent",
      {node("begin", "start"), node("work", "subflow", {{"flow", "child"}, {"timeout", "200ms"}}),
       node("end", "end"), node("late", "set", {{"values", {{"late", true}}}})},
      {edge("begin", "work"), edge("work", "end"),
       edge("work", "late", {{"on_error", "timed_out"}})})));
  const auto id = e.start("parent")->id;
  const run_id child = awaited_by(e, id);
  const auto done = e.wait(id, 30s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
  CHECK(done->data["late"] == true);
  const auto stopped = e.wait(child, 30s);
  REQUIRE(stopped);
  CHECK(stopped->summary.status == run_status::cancelled);
}

TEST_CASE("a failed compensation of a subflow can be retried after its parent was cancelled",
          "[engine][subflow][retry]") {
  engine e{quiet_settings()};
  std::atomic<bool> repaired{false};
  REQUIRE(e.functions().add("undo", [&repaired]() -> result<json> {
    if (!repaired) return fail("unreachable", "the bank does not answer");
    return json::object();
  }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(flow_named(
      "child",
      {node("begin", "start"),
       node("pay", "task", {{"code_ref", "core.echo"}, {"compensate", {{"code_ref", "undo"}}}}),
       node("work", "signal", {{"name", "never"}})},
      {edge("begin", "pay"), edge("pay", "work")})));
  REQUIRE(e.put_flow(single("parent", "subflow", {{"flow", "child"}})));
  const auto id = e.start("parent")->id;
  const run_id child = awaited_by(e, id);
  static_cast<void>(once(e, child, [](const run_view& v) { return !v.waiting_on.empty(); }));
  REQUIRE(e.runs().cancel(id));
  const auto stuck = e.wait(child, 30s);
  REQUIRE(stuck);
  REQUIRE(stuck->summary.error->type == "compensation_failed");
  REQUIRE(e.get(id)->summary.status == run_status::cancelled);

  repaired = true;
  const auto retried = e.runs().retry(child);
  if (!retried) FAIL(retried.error().message);
  const auto undone = e.wait(child, 30s);
  REQUIRE(undone);
  CHECK(undone->summary.status == run_status::cancelled);
  CHECK(count_of(kinds_of(e, child), "compensation_finished") == 1);
  CHECK(e.get(id)->summary.status == run_status::cancelled);
}
