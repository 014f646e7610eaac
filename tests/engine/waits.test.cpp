// What runs wait for, on a real engine: timers, retries, answers, compensations, and that none of
// it is lost across a restart.

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

TEST_CASE("a wait ends when it is due", "[engine][wait]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "wait", {{"duration", "150ms"}})));
  const auto done = e.start_and_wait("f", json::object(), 30s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
  CHECK(*done->summary.finished_at - *done->summary.started_at >= 150ms);
}

TEST_CASE("a timer that is due while the engine is down fires once after the restart",
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
    CHECK_FALSE(waits->parked);  // it continues without a command
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

TEST_CASE("a run that has ended waits for nothing", "[engine][wait]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "wait", {{"duration", "7d"}})));
  const auto run = e.start("f");
  REQUIRE(run);
  CHECK(e.get(run->id)->waiting_on.size() == 1);
  REQUIRE(e.runs().cancel(run->id));
  CHECK(e.get(run->id)->waiting_on.empty());
}

TEST_CASE("a pause freezes a wait, and a resume continues it with the remaining time",
          "[engine][wait][pause]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "wait", {{"duration", "300ms"}})));
  const auto run = e.start("f");
  REQUIRE(run);
  REQUIRE(e.runs().pause(run->id));
  const auto paused = e.get(run->id);
  REQUIRE(paused);
  CHECK_FALSE(paused->waiting_on.at(0).until);
  const auto late = e.wait(run->id, 500ms);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == errc::timed_out);
  REQUIRE(e.runs().resume(run->id));
  const auto done = e.wait(run->id, 30s);
  REQUIRE(done);
  CHECK(*done->summary.finished_at - *done->summary.started_at >= 700ms);
}

TEST_CASE("a failed step is retried after its back-off with the same idempotency key",
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

TEST_CASE("a function that is silent for heartbeat_timeout times out", "[engine][retry]") {
  engine e{quiet_settings()};
  REQUIRE(e.functions().add("t.silent", [](step_context& step) {
    // Sends heartbeats at first: it continues as long as it does.
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

TEST_CASE("a function asks a question, the run pauses, and the next call has the answer",
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
  const auto wrong = e.runs().resume(id, {.answer = json(true), .question = "nobody#1.1"});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == errc::invalid_argument);
  CHECK(wrong.error().message.find("work#1.1") != std::string::npos);
  REQUIRE(e.runs().resume(id, {.answer = json("yes")}));
  const auto done = e.wait(id, 30s);
  REQUIRE(done);
  CHECK(done->data == json{{"asked", true}, {"answered", "yes"}});
}

TEST_CASE("a cancelled run compensates its steps in reverse order", "[engine][compensate]") {
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
  const auto cancelled = e.runs().cancel(run->id, {.reason = "enough"});
  REQUIRE(cancelled);
  const auto done = e.wait(run->id, 30s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::cancelled);
  CHECK(undone == std::vector<std::string>{"pay", "book"});
}

TEST_CASE("the items of a batch call are independent", "[engine][batch]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  std::vector<start_request> starts;
  for (int i = 0; i < 20; ++i)
    starts.push_back(
        {i == 7 ? "nowhere" : "f", json::object(), {.id = run_id{"r" + std::to_string(i)}}});
  const auto started = e.runs().start_many(std::move(starts));
  REQUIRE(started.size() == 20);
  std::vector<run_id> ids;
  for (int i = 0; i < 20; ++i) {
    CHECK(started[static_cast<std::size_t>(i)].has_value() == (i != 7));
    ids.push_back(run_id{"r" + std::to_string(i)});
  }
  CHECK(started[7].error().code == errc::not_found);
  const auto paused = e.runs().pause_many(ids);
  REQUIRE(paused.size() == 20);
  for (const auto& each : paused) CHECK(each.outcome.has_value() == (each.id.str() != "r7"));
  for (const auto& each : e.runs().resume_many(ids))
    CHECK(each.outcome.has_value() == (each.id.str() != "r7"));
  std::vector<signal_request> signals;
  for (const auto& id : ids) signals.push_back({id, "go", nullptr, {}});
  for (const auto& each : e.runs().signal_many(std::move(signals)))
    CHECK(each.outcome.has_value() == (each.id.str() != "r7"));
  for (const auto& each : e.runs().cancel_many(ids)) {
    REQUIRE_FALSE(each.outcome);
    CHECK(each.outcome.error().code ==
          (each.id.str() == "r7" ? errc::not_found : errc::illegal_transition));
  }
}

TEST_CASE("a repeated signal makes no checkpoint", "[engine][signal]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  const auto id = e.start("f")->id;
  CHECK(e.signal(id, "other", nullptr, {.id = "s1"})->changed);
  const auto before = e.get(id)->checkpoint;
  for (int i = 0; i < 10; ++i) CHECK_FALSE(e.signal(id, "other", nullptr, {.id = "s1"})->changed);
  CHECK(e.get(id)->checkpoint == before);
  REQUIRE(e.signal(id, "go"));
  CHECK(e.wait(id, 30s)->summary.status == run_status::completed);
  CHECK(e.runs().history(id)->back().checkpoint == before + 1);
}
