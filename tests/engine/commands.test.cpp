// Commands: cancel, pause, resume, retry, restart, signal.
#include <atomic>
#include <future>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

TEST_CASE("exactly one of many concurrent cancels with if_status succeeds", "[engine]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "core.sleep", {{"args", {{"seconds", 60}}}})));
  const auto run = e.start("f");
  REQUIRE(run);
  std::atomic<int> won{0}, lost{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      const auto done = e.runs().cancel(run->id, {.if_status = run_status::running});
      if (done) ++won;
      if (!done && done.error().code == errc::conflict) ++lost;
    });
  }
  for (auto& c : callers) c.join();
  CHECK(won == 1);
  CHECK(lost == 7);
  CHECK(e.get(run->id)->summary.status == run_status::cancelled);
}

TEST_CASE("a failed run can be retried and a finished run restarted", "[engine]") {
  engine e{quiet_settings()};
  std::atomic<int> calls{0};
  std::mutex mutex;
  std::set<std::string> keys;
  REQUIRE(e.functions().add("t.flaky", [&](step_context& step) -> result<json> {
    const std::lock_guard lock{mutex};
    keys.insert(step.idempotency_key());
    if (++calls == 1) return fail("busy", "try again");
    return json{{"ok", true}};
  }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "t.flaky")));
  const auto failed = e.start_and_wait("f", {{"x", 1}}, 10s);
  REQUIRE(failed->summary.status == run_status::failed);
  CHECK(failed->summary.error->type == "busy");
  const auto retried = e.runs().retry(failed->summary.key.id);
  REQUIRE(retried);
  CHECK(retried->before == run_status::failed);
  const auto done = e.wait(failed->summary.key.id, 10s);
  CHECK(done->summary.status == run_status::completed);
  CHECK(keys.size() == 1);  // the same visit, so the same idempotency key
  CHECK_FALSE(e.runs().retry(failed->summary.key.id));

  const auto again = e.runs().restart(failed->summary.key.id);
  REQUIRE(again);
  CHECK(again->id != failed->summary.key.id);
  const auto second = e.wait(again->id, 10s);
  CHECK(second->data == json{{"ok", true}, {"x", 1}});
  CHECK(second->summary.restarted_from == failed->summary.key.id);
}

TEST_CASE("a paused run stays paused across a restart and resumes with new data",
          "[engine][pause]") {
  const data_folder kept;
  settings s = quiet_settings();
  s.storage.data_dir = kept.path;
  const json definition{
      {"name", "f"},
      {"nodes",
       {{{"id", "a"}, {"type", "task"}, {"data", {{"code_ref", "t.slow"}}}},
        {{"id", "b"}, {"type", "task"}, {"data", {{"code_ref", "t.price"}, {"into", "total"}}}}}},
      {"edges", {{{"source", "a"}, {"target", "b"}}}}};
  std::promise<void> begun, released;
  std::atomic<int> priced{0};
  const auto add_functions = [&](engine& e) {
    REQUIRE(e.functions().add("t.slow", [&] {
      begun.set_value();
      released.get_future().wait();
    }));
    REQUIRE(e.functions().add("t.price", [&](const json& state) -> json {
      ++priced;
      return state.at("pieces").get<int>() * 10;
    }));
  };
  run_id id{"r"};
  {
    engine e{s};
    add_functions(e);
    REQUIRE(e.open());
    REQUIRE(e.put_flow(definition));
    REQUIRE(e.start("f", {{"pieces", 1}}, {.id = id}));
    begun.get_future().wait();
    // Exactly one of many concurrent pauses takes effect; all are answered while the function runs.
    std::atomic<int> won{0};
    std::vector<std::thread> callers;
    for (int i = 0; i < 8; ++i) {
      callers.emplace_back([&] {
        const auto done = e.runs().pause(id);
        if (done && done->pausing) ++won;
      });
    }
    for (auto& c : callers) c.join();
    CHECK(won == 1);
    CHECK(e.get(id)->pausing);
    CHECK(e.get(id)->summary.status == run_status::running);
    const auto watched = e.events().watch(id);
    released.set_value();
    while (const auto next = watched->next(10s))
      if (next->what.kind == "run_paused") break;
    CHECK(e.get(id)->summary.status == run_status::paused);
    CHECK(e.runs().set_data(id, {{"note", "counted twice"}})->run.status == run_status::paused);
    CHECK(e.runs().list({.status = run_status::paused})->runs.size() == 1);
    REQUIRE(e.stop());
  }
  engine e{s};
  REQUIRE(e.functions().add("t.slow", [] {}));
  REQUIRE(e.functions().add("t.price", [&](const json& state) -> json {
    ++priced;
    return state.at("pieces").get<int>() * 10;
  }));
  REQUIRE(e.open());
  CHECK(e.get(id)->summary.status == run_status::paused);
  CHECK(e.wait(id, 50ms).error().code == errc::timed_out);
  CHECK(priced == 0);
  CHECK(e.runs().resume(id, {.update = json::array()}).error().code == errc::invalid_argument);
  const auto resumed =
      e.runs().resume(id, {.if_status = run_status::paused, .update = {{"pieces", 4}}});
  REQUIRE(resumed);
  CHECK(resumed->before == run_status::paused);
  const auto done = e.wait(id, 10s);
  REQUIRE(done);
  CHECK(done->data == json{{"pieces", 4}, {"note", "counted twice"}, {"total", 40}});
  CHECK(priced == 1);
  CHECK(e.runs().pause(id).error().code == errc::illegal_transition);
}

TEST_CASE("a run that waits for a signal is parked and completes when it arrives",
          "[engine][signal]") {
  const data_folder kept;
  settings s = quiet_settings();
  s.storage.data_dir = kept.path;
  const json definition{
      {"name", "f"},
      {"nodes", {{{"id", "w"}, {"type", "signal"}, {"data", {{"name", "go"}, {"into", "got"}}}}}},
      {"edges", json::array()}};
  const run_id id{"r"}, other{"other"};
  {
    engine e{s};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(definition));
    REQUIRE(e.start("f", json::object(), {.id = id}));
    REQUIRE(e.start("f", json::object(), {.id = other}));
    const auto shown = e.get(id);
    REQUIRE(shown);
    CHECK(shown->parked);
    CHECK(shown->waiting_on == std::vector<waiting_on>{{"w", "signal", "go"}});
    // A caller waits for it while the signal arrives.
    auto waiting = std::async(std::launch::async, [&] { return e.wait(other, 10s); });
    REQUIRE(e.signal(other, "go", 1));
    REQUIRE(waiting.get());
    CHECK(e.signal(other, "go", 2).error().code == errc::illegal_transition);
    CHECK(e.signal(run_id{"none"}, "go").error().code == errc::not_found);
    CHECK(e.signal(id, "").error().code == errc::invalid_argument);
    CHECK(e.signal(id, "go", std::string((1u << 20) + 1, 'x')).error().code ==
          errc::limit_exceeded);
  }
  engine e{s};
  REQUIRE(e.open());
  CHECK(e.wait(id, 50ms).error().code == errc::timed_out);
  CHECK(e.get(id)->parked);
  // Exactly one of many repetitions of a signal is received.
  std::vector<std::thread> senders;
  for (int i = 0; i < 8; ++i)
    senders.emplace_back([&] { static_cast<void>(e.signal(id, "go", "once", {.id = "s1"})); });
  for (auto& sender : senders) sender.join();
  const auto done = e.wait(id, 10s);
  REQUIRE(done);
  CHECK(done->data == json{{"got", "once"}});
  int claimed = 0;
  for (const auto& event : *e.runs().history(id)) claimed += event.kind == "signal_claimed" ? 1 : 0;
  CHECK(claimed == 1);
}
