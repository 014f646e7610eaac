// Functions that see that a pause of their run was requested, and leave for it.
#include <atomic>
#include <string>
#include <thread>

#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

bool is_paused(const run_view& v) {
  return v.summary.status == run_status::paused;
}

/// Waits until a test's function has reached a place.
void wait_for(const std::atomic<int>& counter, int wanted) {
  for (int looks = 0; counter < wanted; ++looks) {
    REQUIRE(looks < 10'000);
    std::this_thread::sleep_for(1ms);
  }
}

}  // namespace

TEST_CASE("a function that leaves for a requested pause goes on after one resume",
          "[engine][pause]") {
  engine e{quiet_settings()};
  std::atomic<int> calls{0};
  // Counts to 3, one number for each call that a pause ends.
  REQUIRE(e.functions().add("t.count", [&](const json& state, step_context& step) -> result<json> {
    const int at = state.value("at", 0);
    ++calls;
    if (at == 3) return json{{"done", true}};
    while (!step.pause_requested() && step.sleep_for(1ms)) {
    }
    return step.leave_for_pause("at " + std::to_string(at), {{"at", at + 1}});
  }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "t.count", {{"retry", {{"max_attempts", 1}}}})));
  const auto run = e.start("f");
  REQUIRE(run);
  for (int pauses = 1; pauses <= 3; ++pauses) {
    wait_for(calls, pauses);
    const auto asked = e.runs().pause(run->id);
    REQUIRE(asked);
    const auto paused = once(e, run->id, is_paused);
    CHECK(paused.data.at("at") == pauses);
    CHECK_FALSE(paused.metadata.contains("interrupt_value"));  // it asks nothing
    REQUIRE(e.runs().resume(run->id));
  }
  const auto done = e.wait(run->id, 10s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
  CHECK(done->data == json{{"at", 3}, {"done", true}});
  CHECK(calls == 4);
  CHECK(count_of(kinds_of(e, run->id), "interrupted") == 3);
  CHECK(count_of(kinds_of(e, run->id), "step_failed") == 0);
}

TEST_CASE("a pause that a resume takes back is not requested any more", "[engine][pause]") {
  engine e{quiet_settings()};
  std::atomic<int> seen{0}, over{0};
  REQUIRE(e.functions().add("t.wait", [&](step_context& step) -> result<json> {
    while (!step.pause_requested() && step.sleep_for(1ms)) {
    }
    ++seen;
    while (step.pause_requested() && step.sleep_for(1ms)) {
    }
    ++over;
    return json{{"stayed", !step.stop_requested()}};
  }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "t.wait")));
  const auto run = e.start("f");
  REQUIRE(run);
  REQUIRE(e.runs().pause(run->id));
  wait_for(seen, 1);
  REQUIRE(e.runs().resume(run->id));
  const auto done = e.wait(run->id, 10s);
  REQUIRE(done);
  CHECK(over == 1);
  CHECK(done->data == json{{"stayed", true}});
}

TEST_CASE("a function that leaves again and again without a pause fails its step",
          "[engine][pause]") {
  engine e{quiet_settings()};
  std::atomic<int> calls{0};
  REQUIRE(e.functions().add("t.leave", [&](step_context& step) -> result<json> {
    ++calls;
    return step.leave_for_pause();
  }));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "t.leave")));
  const auto done = e.start_and_wait("f", json::object(), 10s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::failed);
  CHECK(done->summary.error->message == "the function left for a pause that was not requested");
  CHECK(calls == 2);
}
