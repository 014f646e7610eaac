#include <atomic>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <pawl/assert.hpp>

#include "actors/executor_fixture.hpp"
#include "actors/thread_executor.hpp"

using namespace pawl;                          // NOLINT
using namespace pawl::actors;                  // NOLINT
using namespace pawl::actors::executor_tests;  // NOLINT

TEST_CASE("a function that stops at its time-out is answered when it returns") {
  auto options = options_with(1);
  options.grace = 1h;
  const auto executor = make_thread_executor(options);
  auto answer = submit(
      *executor, asked{function_of([](step_context& step) { return step.sleep_for(1h); }), 10ms});
  const auto how = get(answer);
  CHECK(code_of(how) == errc::timed_out);
  CHECK(how.value.error().message == "\"test.f\" exceeded its time-out of 10 ms");
  CHECK(executor->current_load().stuck == 0);
}

TEST_CASE("a stop ends although functions that never return have a long grace period") {
  auto options = options_with(2);
  options.grace = 1h;
  options.stop_grace = 10ms;
  const auto door = std::make_shared<gate>();
  const auto executor = make_thread_executor(options);
  auto asked_before = submit(*executor, asked{blocked_at(door), 1ms});
  auto asked_now = submit(*executor, asked{blocked_at(door)});
  door->await_arrivals(2);
  // The watcher has asked the first one to stop: its time-out is long over.
  std::this_thread::sleep_for(20ms);
  executor->stop(0ms);
  CHECK(code_of(get(asked_before)) == errc::timed_out);
  CHECK(code_of(get(asked_now)) == errc::cancelled);
  CHECK(executor->current_load().stuck == 2);
  door->open();
  door->await_passed(2);
}

TEST_CASE("time-outs take effect in any order") {
  const auto executor = make_thread_executor(options_with(3));
  const auto sleeps = function_of([](step_context& step) { step.sleep_for(1h); });
  auto never = submit(*executor, asked{sleeps});
  auto late = submit(*executor, asked{sleeps, 150ms});
  auto early = submit(*executor, asked{sleeps, 10ms});
  CHECK(code_of(get(early)) == errc::timed_out);
  CHECK(late.wait_for(0ms) == std::future_status::timeout);
  CHECK(code_of(get(late)) == errc::timed_out);
  CHECK(never.wait_for(0ms) == std::future_status::timeout);
  CHECK(executor->current_load().running == 1);
}

TEST_CASE("a function that never returns is abandoned and its thread is replaced") {
  auto options = options_with(1);
  std::vector<std::string> stuck_calls;  // written by the executor's watcher only
  options.on_stuck = [&](const invocation& call, const error& why) {
    stuck_calls.push_back(call.function->code_ref + ": " + why.message);
  };
  const auto door = std::make_shared<gate>();
  const auto executor = make_thread_executor(options);
  auto stuck = submit(*executor, asked{blocked_at(door), 5ms});
  const auto how = get(stuck);
  CHECK(code_of(how) == errc::timed_out);
  CHECK(how.value.error().message.find("is abandoned") != std::string::npos);
  REQUIRE(stuck_calls.size() == 1);
  CHECK(stuck_calls[0].starts_with("test.f: \"test.f\" exceeded its time-out of 5 ms"));
  CHECK(executor->current_load().stuck == 1);
  CHECK(executor->current_load().running == 0);

  auto other = submit(*executor, asked{function_of([] { return 1; })});
  CHECK(*get(other).value == 1);
  door->open();
  CHECK(becomes([&] { return executor->current_load().stuck == 0; }));
  auto last = submit(*executor, asked{function_of([] { return 2; })});
  CHECK(*get(last).value == 2);
}

TEST_CASE("with too many stuck functions calls wait until one returns") {
  auto options = options_with(1);
  options.max_stuck = 2;
  const auto executor = make_thread_executor(options);
  const auto door = std::make_shared<gate>();
  for (int i = 0; i < 2; ++i) {
    auto stuck = submit(*executor, asked{blocked_at(door), 1ms});
    CHECK(code_of(get(stuck)) == errc::timed_out);
  }
  auto waiting = submit(*executor, asked{function_of([] { return 1; })});
  CHECK(waiting.wait_for(20ms) == std::future_status::timeout);
  CHECK(executor->current_load().queued == 1);
  CHECK(executor->current_load().running == 0);
  door->open();
  CHECK(*get(waiting).value == 1);
}

TEST_CASE("a stuck call keeps its slot of its function's limit") {
  const auto executor = make_thread_executor(options_with(2));
  const auto door = std::make_shared<gate>();
  const auto limited = blocked_at(door, 1);
  auto stuck = submit(*executor, asked{limited, 1ms});
  auto waiting = submit(*executor, asked{limited});
  CHECK(code_of(get(stuck)) == errc::timed_out);
  CHECK(executor->current_load().queued == 1);
  door->open();
  CHECK(get(waiting).value);
}

TEST_CASE("threads that return after they were replaced do not accumulate") {
  auto options = options_with(2);
  options.grace = 0ms;
  const auto executor = make_thread_executor(options);
  const auto before = thread_count();
  for (int round = 0; round < 20; ++round) {
    const auto door = std::make_shared<gate>();
    auto a = submit(*executor, asked{blocked_at(door), 1ms});
    auto b = submit(*executor, asked{blocked_at(door), 1ms});
    get(a);
    get(b);
    door->open();
    CHECK(becomes([&] { return executor->current_load().stuck == 0; }));
    auto c = submit(*executor, asked{function_of([] {})});
    CHECK(get(c).value);
  }
  CHECK(becomes([&] { return thread_count() <= before + 3; }));  // two workers and the watcher
}

TEST_CASE("a stuck function may return after its executor is destroyed") {
  const auto door = std::make_shared<gate>();
  auto clock_exists = std::make_unique<std::atomic<bool>>(true);
  std::weak_ptr<int> of_done;
  std::weak_ptr<int> of_observer;
  std::future<outcome> answer;
  {
    auto options = options_with(1);
    options.now = [&clock_exists] {
      PAWL_ASSERT(clock_exists->load(), "the clock is not used after a stop");
      return time_point{};
    };
    const auto executor = make_thread_executor(options);
    asked a{function_of([door](step_context& step) {
      door->pass();
      step.log(log_level::info, "not observed");
      step.progress(1);
      return 1;
    })};
    const auto owned = std::make_shared<int>(1);
    of_done = owned;
    const auto watched = std::make_shared<int>(1);
    of_observer = watched;
    a.call.done = [owned, done = std::move(a.call.done)](outcome how) { done(std::move(how)); };
    a.call.observer = std::make_shared<const functions::step_observer>(functions::step_observer{
        [watched](const auto&, log_level, std::string_view) { FAIL("observed too late"); },
        [watched](const auto&, double) { FAIL("observed too late"); }});
    answer = submit(*executor, std::move(a));
    door->await_arrivals(1);
  }
  clock_exists.reset();
  CHECK(code_of(get(answer)) == errc::cancelled);
  CHECK(of_done.expired());
  CHECK(of_observer.expired());
  door->open();
  door->await_passed(1);
  // The thread is detached; it ends by itself and uses only what it owns.
}
