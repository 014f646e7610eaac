// core.sleep: many at once, without threads.

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "actors/clock.hpp"
#include "runtime/core.hpp"
#include "tests/engine/fixture.hpp"
#include "tests/engine/shifted_clock.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

json sleeping(const std::string& name, const json& how) {
  return task_flow(name, "core.sleep", {{"args", how}});
}

/// Waits until the engine runs this many calls.
void await_calls(const engine& e, std::size_t count) {
  for (int i = 0; i < 4'000 && e.load()->running_calls != count; ++i)
    std::this_thread::sleep_for(5ms);
  REQUIRE(e.load()->running_calls == count);
}

}  // namespace

TEST_CASE("a thousand steps that sleep use no thread of the executor", "[engine][sleep]") {
  settings s = quiet_settings();
  s.executor.threads = 1;
  s.executor.max_http_calls = 1;
  s.engine.stop_timeout_ms = 0ms;
  engine e{s};
  REQUIRE(e.functions().add("t.step", [](step_context&) {}));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(sleeping("long", {{"seconds", 3600}})));
  REQUIRE(e.put_flow(sleeping("short", {{"ms", 20}})));
  REQUIRE(e.put_flow(task_flow("step", "t.step")));
  std::vector<run_id> runs;
  for (int i = 0; i < 1'000; ++i) runs.push_back(e.start("long")->id);
  await_calls(e, 1'000);
  CHECK(e.start_and_wait("step", {}, 10s)->summary.status == run_status::completed);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(e.start_and_wait("short", {}, 10s)->summary.status == run_status::completed);
  CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
  for (std::size_t i = 0; i < 500; ++i) REQUIRE(e.runs().cancel(runs[i], {}));
  await_calls(e, 500);
  CHECK(e.load()->stuck_calls == 0);
  CHECK(e.stop());
}

TEST_CASE("a step that sleeps ends at its time-out", "[engine][sleep]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(
      task_flow("f", "core.sleep", {{"args", {{"seconds", 3600}}}, {"timeout", "20ms"}})));
  const auto run = e.start_and_wait("f", {}, 10s);
  REQUIRE(run);
  REQUIRE(run->summary.error);
  CHECK(run->summary.error->type == "timed_out");
}

TEST_CASE("a sleep is over when the wall clock has passed its end, as after a sleep of the machine",
          "[engine][sleep]") {
  const auto clock = std::make_shared<shifted_clock>();
  engine_components parts;
  parts.clock = clock;
  engine e = engine_access::make(quiet_settings(), std::move(parts));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(sleeping("f", {{"seconds", 3600}})));
  const auto run = e.start("f");
  REQUIRE(run);
  await_calls(e, 1);
  // The call may read the clock only after it counts as one.
  result<run_view> ended = error{errc::timed_out, "not yet"};
  for (int i = 0; i < 200 && !ended; ++i) {
    ++clock->hours;
    ended = e.runs().wait(run->id, 100ms);
  }
  REQUIRE(ended);
  CHECK(ended->summary.status == run_status::completed);
}

TEST_CASE("an orderly stop lets a step that sleeps finish", "[engine][sleep]") {
  const data_folder folder;
  settings s = folder.used();
  s.engine.stop_timeout_ms = 10s;
  run_id id;
  {
    engine e{s};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(sleeping("f", {{"ms", 200}})));
    id = e.start("f")->id;
    await_calls(e, 1);
    REQUIRE(e.stop());
  }
  engine again{s};
  REQUIRE(again.open());
  const auto run = again.get(id);
  REQUIRE(run);
  CHECK(run->summary.status == run_status::completed);
}
