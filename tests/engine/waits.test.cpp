// What runs wait for, in a real engine: time, answers, other runs; and that nothing of it is lost
// when the engine is closed and opened again.

#include <pawl/engine.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace std::chrono_literals;

namespace {

json node(const std::string& id, const std::string& type, json data = json::object()) {
  return {{"id", id}, {"type", type}, {"data", std::move(data)}};
}
json edge(const std::string& from, const std::string& to, json data = json::object()) {
  return {{"source", from}, {"target", to}, {"data", std::move(data)}};
}
json flow_named(const std::string& name, std::vector<json> nodes, std::vector<json> edges) {
  return {{"name", name}, {"nodes", std::move(nodes)}, {"edges", std::move(edges)}};
}
/// One node between a start and an end.
json single(const std::string& name, const std::string& type, json data) {
  return flow_named(
      name, {node("begin", "start"), node("work", type, std::move(data)), node("end", "end")},
      {edge("begin", "work"), edge("work", "end")});
}

settings quiet_settings() {
  settings s;
  s.log.level = log_level::error;
  return s;
}

/// A folder of its own, gone at the end.
struct data_folder {
  data_folder()
      : path(std::filesystem::temp_directory_path() /
             ("pawl-waits-" + std::to_string(::getpid()) + "-" + std::to_string(next++))) {
    std::filesystem::remove_all(path);
  }
  ~data_folder() { std::filesystem::remove_all(path); }
  [[nodiscard]] settings used() const {
    settings s = quiet_settings();
    s.storage.data_dir = path;
    return s;
  }
  inline static std::atomic<int> next{0};
  std::filesystem::path path;
};

std::vector<std::string> kinds_of(const engine& e, const run_id& id) {
  std::vector<std::string> kinds;
  const auto history = e.history(id);
  REQUIRE(history);
  for (const auto& each : *history) kinds.push_back(each.kind);
  return kinds;
}

std::size_t count_of(const std::vector<std::string>& kinds, const std::string& kind) {
  return static_cast<std::size_t>(std::count(kinds.begin(), kinds.end(), kind));
}

/// Waits until a run is as wanted; how it is then.
template <class Condition>
run_view once(const engine& e, const run_id& id, Condition wanted) {
  const auto events = e.watch(id);
  for (int looks = 0; looks < 600; ++looks) {
    const auto now = e.get(id);
    REQUIRE(now);
    if (wanted(*now)) return *now;
    static_cast<void>(events->next(50ms));
  }
  FAIL("the run does not come to where it is waited for");
  return {};
}

}  // namespace

TEST_CASE("a wait is over when its time has come", "[engine][wait]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "wait", {{"duration", "150ms"}})));
  const auto done = e.start_and_wait("f", json::object(), 30s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
  CHECK(*done->summary.finished_at - *done->summary.started_at >= 150ms);
}

TEST_CASE("a timer that falls due while the engine is down fires once when it is back",
          "[engine][wait]") {
  const data_folder kept;
  run_id short_wait, long_wait;
  {
    engine e{kept.used()};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(single("short", "wait", {{"duration", "50ms"}})));
    REQUIRE(e.put_flow(single("long", "wait", {{"duration", "7d"}})));
    long_wait = e.start("long")->id;
    short_wait = e.start("short")->id;
    const auto waits = e.get(long_wait);
    REQUIRE(waits);
    CHECK_FALSE(waits->parked);  // it goes on by itself
    REQUIRE(waits->waiting_on.size() == 1);
    CHECK(waits->waiting_on[0].kind == "timer");
    REQUIRE(waits->waiting_on[0].until);
    CHECK(*waits->waiting_on[0].until > waits->summary.created_at + std::chrono::hours{24 * 6});
    REQUIRE(e.stop());
  }
  engine e{kept.used()};
  REQUIRE(e.open());
  const auto done = e.wait(short_wait, 30s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
  CHECK(count_of(kinds_of(e, short_wait), "timer_fired") == 1);
  CHECK(e.get(long_wait)->summary.status == run_status::running);
}

TEST_CASE("a pause lets a wait stand still, and a resume goes on with what was left of it",
          "[engine][wait][pause]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "wait", {{"duration", "300ms"}})));
  const auto run = e.start("f");
  REQUIRE(run);
  REQUIRE(e.pause(run->id));
  const auto paused = e.get(run->id);
  REQUIRE(paused);
  CHECK_FALSE(paused->waiting_on.at(0).until);
  const auto late = e.wait(run->id, 500ms);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == errc::timed_out);
  REQUIRE(e.resume(run->id));
  const auto done = e.wait(run->id, 30s);
  REQUIRE(done);
  CHECK(*done->summary.finished_at - *done->summary.started_at >= 700ms);
}

TEST_CASE("a step that fails is tried again after a wait, with the same idempotency key",
          "[engine][retry]") {
  engine e{quiet_settings()};
  std::vector<std::string> keys;
  std::mutex mutex;
  REQUIRE(e.functions().add("t.third_time", [&](step_context& step) -> result<json> {
    const std::lock_guard lock{mutex};
    keys.push_back(step.idempotency_key());
    if (step.attempt() < 3) return fail("busy", "come again");
    return json{{"attempt", step.attempt()}};
  }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "task",
                            {{"code_ref", "t.third_time"},
                             {"retry", {{"max_attempts", 5}, {"initial_interval", "20ms"}}}})));
  const auto done = e.start_and_wait("f", json::object(), 30s);
  REQUIRE(done);
  CHECK(done->data == json{{"attempt", 3}});
  CHECK(keys.size() == 3);
  CHECK(std::set<std::string>(keys.begin(), keys.end()).size() == 1);
}

TEST_CASE("a function that is silent for longer than its heartbeat_timeout is given up",
          "[engine][retry]") {
  engine e{quiet_settings()};
  REQUIRE(e.functions().add("t.silent", [](step_context& step) {
    // Says something at first: as long as it does it may go on.
    for (int i = 0; i < 5; ++i) {
      if (!step.sleep_for(60ms)) return json{{"too_early", true}};
      step.heartbeat();
    }
    static_cast<void>(step.sleep_for(60s));
    return json{};
  }));
  REQUIRE(e.open());
  REQUIRE(
      e.put_flow(single("f", "task", {{"code_ref", "t.silent"}, {"heartbeat_timeout", "250ms"}})));
  const auto done = e.start_and_wait("f", json::object(), 30s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::failed);
  REQUIRE(done->summary.error);
  CHECK(done->summary.error->type == "heartbeat_timeout");
  CHECK(*done->summary.finished_at - *done->summary.started_at >= 500ms);
}

TEST_CASE("a function asks, the run is paused, and the answer reaches the next call",
          "[engine][interrupt]") {
  const data_folder kept;
  const auto ask = [](step_context& step) -> result<json> {
    const json* const answer = step.resume_value();
    if (answer == nullptr) return step.interrupt({{"amount", 7}}, {{"asked", true}});
    return json{{"answered", *answer}};
  };
  run_id id;
  {
    engine e{kept.used()};
    REQUIRE(e.functions().add("t.ask", ask));
    REQUIRE(e.open());
    REQUIRE(e.put_flow(single("f", "task", {{"code_ref", "t.ask"}})));
    id = e.start("f")->id;
    const auto asks =
        once(e, id, [](const run_view& v) { return v.summary.status == run_status::paused; });
    CHECK(asks.parked);
    CHECK(asks.data == json{{"asked", true}});
    CHECK(asks.metadata["interrupt_value"] == json{{"amount", 7}});
    CHECK(asks.metadata["last_node"] == "work");
    REQUIRE(asks.waiting_on.size() == 1);
    CHECK(asks.waiting_on[0].kind == "answer");
    CHECK(asks.waiting_on[0].name == "work#1.1");
    CHECK(asks.waiting_on[0].question == json{{"amount", 7}});
    REQUIRE(e.stop());
  }
  engine e{kept.used()};
  REQUIRE(e.functions().add("t.ask", ask));
  REQUIRE(e.open());
  const auto wrong = e.resume(id, {.answer = json(true), .question = "nobody#1.1"});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == errc::invalid_argument);
  CHECK(wrong.error().message.find("work#1.1") != std::string::npos);
  REQUIRE(e.resume(id, {.answer = json("yes")}));
  const auto done = e.wait(id, 30s);
  REQUIRE(done);
  CHECK(done->data == json{{"asked", true}, {"answered", "yes"}});
}

TEST_CASE("a subflow is a run of its own whose data is the result", "[engine][subflow]") {
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
  const auto runs = e.list();
  REQUIRE(runs);
  REQUIRE(runs->runs.size() == 2);
  for (const auto& each : runs->runs)
    if (each.flow.name.str() == "child") CHECK(each.parent == done->summary.key.id);
}

TEST_CASE("a subflow's failure is its step's, and edges and retries see its type",
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
  CHECK(e.list()->runs.size() == 3);  // each attempt is a run of its own
}

TEST_CASE("a flow that starts itself, or one that is not there, fails with a clear error",
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
  CHECK(e.list()->runs.size() == 5);
  const auto missing = e.start_and_wait("missing", json::object(), 30s);
  REQUIRE(missing);
  CHECK(missing->summary.error->type == "not_found");
}

TEST_CASE("a cancel goes down to subflows, and a parent waits for its child across a restart",
          "[engine][subflow]") {
  const data_folder kept;
  run_id parent, cancelled;
  const auto child_of = [](const engine& e, const run_id& of) {
    const auto runs = e.list();
    REQUIRE(runs);
    for (const auto& each : runs->runs)
      if (each.parent == of) return each.key.id;
    return run_id{};
  };
  const auto is_there = [&](const engine& e, const run_id& of) {
    const auto events = e.watch();
    for (int looks = 0; looks < 600 && child_of(e, of).str().empty(); ++looks)
      static_cast<void>(events->next(50ms));
    return child_of(e, of);
  };
  {
    engine e{kept.used()};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(single("child", "signal", {{"name", "go"}})));
    REQUIRE(e.put_flow(single("parent", "subflow", {{"flow", "child"}})));
    cancelled = e.start("parent")->id;
    const run_id child = is_there(e, cancelled);
    REQUIRE(e.cancel(cancelled));
    const auto ended = e.wait(child, 30s);
    REQUIRE(ended);
    CHECK(ended->summary.status == run_status::cancelled);
    parent = e.start("parent")->id;
    CHECK_FALSE(is_there(e, parent).str().empty());
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

TEST_CASE("a cancelled run undoes its steps first, the last one first", "[engine][compensate]") {
  engine e{quiet_settings()};
  std::vector<std::string> undone;
  std::mutex mutex;
  REQUIRE(e.functions().add("t.undo", [&](step_context& step) {
    const std::lock_guard lock{mutex};
    undone.push_back(step.args().at("what").get<std::string>());
  }));
  REQUIRE(e.open());
  const auto step = [](const char* id) {
    return node(id, "task",
                {{"code_ref", "core.echo"},
                 {"args", {{id, true}}},
                 {"compensate", {{"code_ref", "t.undo"}, {"args", {{"what", id}}}}}});
  };
  REQUIRE(
      e.put_flow(flow_named("f",
                            {node("begin", "start"), step("book"), step("pay"),
                             node("wait", "signal", {{"name", "never"}})},
                            {edge("begin", "book"), edge("book", "pay"), edge("pay", "wait")})));
  const auto run = e.start("f");
  REQUIRE(run);
  static_cast<void>(once(e, run->id, [](const run_view& v) { return v.parked; }));
  const auto cancelled = e.cancel(run->id, {.reason = "enough"});
  REQUIRE(cancelled);
  const auto done = e.wait(run->id, 30s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::cancelled);
  CHECK(undone == std::vector<std::string>{"pay", "book"});
}

TEST_CASE("a batch call does each item for itself", "[engine][batch]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  std::vector<start_request> starts;
  for (int i = 0; i < 20; ++i)
    starts.push_back(
        {i == 7 ? "nowhere" : "f", json::object(), {.id = run_id{"r" + std::to_string(i)}}});
  const auto started = e.start_many(std::move(starts));
  REQUIRE(started.size() == 20);
  std::vector<run_id> ids;
  for (int i = 0; i < 20; ++i) {
    CHECK(started[static_cast<std::size_t>(i)].has_value() == (i != 7));
    ids.push_back(run_id{"r" + std::to_string(i)});
  }
  CHECK(started[7].error().code == errc::not_found);
  const auto paused = e.pause_many(ids);
  REQUIRE(paused.size() == 20);
  for (const auto& each : paused) CHECK(each.outcome.has_value() == (each.id.str() != "r7"));
  for (const auto& each : e.resume_many(ids))
    CHECK(each.outcome.has_value() == (each.id.str() != "r7"));
  std::vector<signal_request> signals;
  for (const auto& id : ids) signals.push_back({id, "go", nullptr, {}});
  for (const auto& each : e.signal_many(std::move(signals)))
    CHECK(each.outcome.has_value() == (each.id.str() != "r7"));
  for (const auto& each : e.cancel_many(ids)) {
    REQUIRE_FALSE(each.outcome);
    CHECK(each.outcome.error().code ==
          (each.id.str() == "r7" ? errc::not_found : errc::illegal_transition));
  }
}
