#include "actors/thread_executor.hpp"

#include <sys/resource.h>

#include <atomic>
#include <filesystem>
#include <iterator>
#include <latch>
#include <set>
#include <vector>

#include "actors/executor_fixture.hpp"

using namespace pawl;                          // NOLINT
using namespace pawl::actors;                  // NOLINT
using namespace pawl::actors::executor_tests;  // NOLINT

namespace {

std::size_t thread_count() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator{"/proc/self/task"},
                    std::filesystem::directory_iterator{}));
}

}  // namespace

TEST_CASE("a call is answered with its value and its times") {
  const auto executor = make_thread_executor(options_with(2));
  asked a{function_of([](const json& state, step_context& step) {
    return json{state, step.args(), step.node(), step.idempotency_key()};
  })};
  a.call.state = std::make_shared<const json>(json{{"s", 1}});
  a.call.args = {{"a", 2}};
  auto answer = submit(*executor, std::move(a));
  const auto how = get(answer);
  REQUIRE(how.value);
  CHECK(*how.value == json::parse(R"([{"s":1},{"a":2},"node","run/node/1"])"));
  CHECK(how.started_at > time_point{});
  CHECK(how.finished_at >= how.started_at);
}

TEST_CASE("an error or an exception of a function is its answer") {
  const auto executor = make_thread_executor(options_with(1));
  auto declined = submit(*executor, asked{function_of([] { return fail("declined", "no"); })});
  CHECK(get(declined).value.error() == fail("declined", "no"));
  auto thrown = submit(*executor, asked{function_of([] { throw std::runtime_error{"oh"}; })});
  CHECK(get(thrown).value.error().type == "exception");
  auto goes_on = submit(*executor, asked{function_of([] { return 1; })});
  CHECK(*get(goes_on).value == 1);
}

TEST_CASE("calls begin in the order of their submission") {
  const auto executor = make_thread_executor(options_with(1));
  const auto door = std::make_shared<gate>();
  auto first = submit(*executor, asked{blocked_at(door)});
  door->await_arrivals(1);
  std::vector<int> order;  // one thread, so one writer
  std::vector<std::future<outcome>> answers;
  const auto limited = function_of([] {}, 1);
  for (int i = 0; i < 50; ++i) {
    // Some are held to a limit of 1, and so go aside and come back to their place.
    const auto body = [&order, i] { order.push_back(i); };
    asked a{function_of(body, i % 3 == 0 ? 1u : 0u)};
    answers.push_back(submit(*executor, std::move(a)));
  }
  CHECK(executor->current_load().queued == 50);
  door->open();
  for (auto& answer : answers) CHECK(get(answer).value);
  CHECK(std::is_sorted(order.begin(), order.end()));
  get(first);
}

TEST_CASE("a function at its limit holds up its own calls only, and these stay in order") {
  const auto executor = make_thread_executor(options_with(4));
  const auto door = std::make_shared<gate>();
  std::mutex mutex;
  std::vector<int> order;
  int inside = 0;
  int most = 0;
  const auto limited = function_of(
      [&, door](step_context& step) {
        {
          const std::lock_guard lock{mutex};
          order.push_back(step.args().at("n"));
          most = std::max(most, ++inside);
        }
        door->pass();
        const std::lock_guard lock{mutex};
        --inside;
      },
      2);
  std::vector<std::future<outcome>> answers;
  for (int i = 0; i < 20; ++i) {
    asked a{limited};
    a.call.args = {{"n", i}};
    answers.push_back(submit(*executor, std::move(a)));
  }
  door->await_arrivals(2);
  // 18 calls wait before these, yet no thread is held by them.
  for (int i = 0; i < 10; ++i) {
    auto other = submit(*executor, asked{function_of([] { return 1; })});
    CHECK(*get(other).value == 1);
  }
  CHECK(executor->current_load().running == 2);
  CHECK(executor->current_load().queued == 18);
  door->open();
  for (auto& answer : answers) CHECK(get(answer).value);
  CHECK(most == 2);
  // They begin in order; of the two that run at once one may be slow to say so. When a call has
  // begun, all earlier ones have, but for that one.
  std::set<int> begun;
  for (const int n : order) {
    const auto earlier = std::distance(begun.begin(), begun.lower_bound(n));
    CHECK(n - earlier <= 1);
    begun.insert(n);
  }
  CHECK(begun.size() == 20);
}

TEST_CASE("a full queue answers overloaded and takes calls again when there is room") {
  auto options = options_with(1);
  options.queue_limit = 2;
  const auto executor = make_thread_executor(options);
  const auto door = std::make_shared<gate>();
  auto running = submit(*executor, asked{blocked_at(door)});
  door->await_arrivals(1);
  auto second = submit(*executor, asked{blocked_at(door, 1)});
  auto third = submit(*executor, asked{blocked_at(door)});
  const auto refused = executor->submit(asked{blocked_at(door)}.call);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::overloaded);
  CHECK(refused.error().message.find("executor.queue_limit") != std::string::npos);
  door->open();
  for (auto* answer : {&running, &second, &third}) CHECK(get(*answer).value);
  auto again = submit(*executor, asked{blocked_at(door)});
  CHECK(get(again).value);
}

TEST_CASE("a function that sees its time-out is answered when it returns") {
  auto options = options_with(1);
  options.grace = 1h;
  const auto executor = make_thread_executor(options);
  auto answer = submit(
      *executor, asked{function_of([](step_context& step) { return step.sleep_for(1h); }), 10ms});
  const auto how = get(answer);
  CHECK(code_of(how) == errc::timed_out);
  CHECK(how.value.error().message == "\"test.f\" took longer than its time-out of 10 ms");
  CHECK(executor->current_load().stuck == 0);
}

TEST_CASE("time-outs are kept in whatever order they come") {
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

TEST_CASE("a function that never returns is given up and its thread replaced") {
  auto options = options_with(1);
  std::vector<std::string> told;  // written by the executor's watcher only
  options.on_stuck = [&](const invocation& call, const error& why) {
    told.push_back(call.function->code_ref + ": " + why.message);
  };
  const auto door = std::make_shared<gate>();
  const auto executor = make_thread_executor(options);
  auto stuck = submit(*executor, asked{blocked_at(door), 5ms});
  const auto how = get(stuck);
  CHECK(code_of(how) == errc::timed_out);
  CHECK(how.value.error().message.find("is given up") != std::string::npos);
  REQUIRE(told.size() == 1);
  CHECK(told[0].starts_with("test.f: \"test.f\" took longer than its time-out of 5 ms"));
  CHECK(executor->current_load().stuck == 1);
  CHECK(executor->current_load().running == 0);

  auto other = submit(*executor, asked{function_of([] { return 1; })});
  CHECK(*get(other).value == 1);
  door->open();
  CHECK(becomes([&] { return executor->current_load().stuck == 0; }));
  auto last = submit(*executor, asked{function_of([] { return 2; })});
  CHECK(*get(last).value == 2);
}

TEST_CASE("with too many stuck functions no call is taken until one returns") {
  auto options = options_with(1);
  options.max_stuck = 2;
  const auto executor = make_thread_executor(options);
  const auto door = std::make_shared<gate>();
  for (int i = 0; i < 2; ++i) {
    auto stuck = submit(*executor, asked{blocked_at(door), 1ms});
    CHECK(code_of(get(stuck)) == errc::timed_out);
  }
  const auto refused = executor->submit(asked{blocked_at(door)}.call);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::overloaded);
  CHECK(refused.error().message.find("executor.max_stuck") != std::string::npos);
  door->open();
  CHECK(becomes([&] { return executor->current_load().stuck < 2; }));
  auto again = submit(*executor, asked{function_of([] { return 1; })});
  CHECK(*get(again).value == 1);
}

TEST_CASE("a stuck call keeps its place under its function's limit") {
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

TEST_CASE("threads that come back after they were replaced do not pile up") {
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

TEST_CASE("a queued call that is cancelled never begins") {
  const auto executor = make_thread_executor(options_with(1));
  const auto door = std::make_shared<gate>();
  auto running = submit(*executor, asked{blocked_at(door, 1)});
  door->await_arrivals(1);
  std::atomic<bool> begun{false};
  const auto begins = function_of([&] { begun = true; }, 1);
  asked ready{begins};
  asked aside{begins};
  const auto ready_id = executor->submit(std::move(ready.call));
  const auto aside_id = executor->submit(std::move(aside.call));
  REQUIRE(ready_id);
  REQUIRE(aside_id);
  executor->cancel(*aside_id);
  executor->cancel(*ready_id);
  CHECK(code_of(get(ready.answer)) == errc::cancelled);
  CHECK(code_of(get(aside.answer)) == errc::cancelled);
  CHECK(executor->current_load().queued == 0);
  door->open();
  CHECK(get(running).value);
  CHECK_FALSE(begun);
}

TEST_CASE("when a call at the limit is cancelled the next of its function takes its place") {
  const auto executor = make_thread_executor(options_with(1));
  const auto door = std::make_shared<gate>();
  auto running = submit(*executor, asked{blocked_at(door)});
  const auto limited = function_of([] { return 7; }, 1);
  asked first{limited};
  const auto id = executor->submit(std::move(first.call));
  REQUIRE(id);
  auto second = submit(*executor, asked{limited});
  executor->cancel(*id);
  door->open();
  CHECK(*get(second).value == 7);
  CHECK(code_of(get(first.answer)) == errc::cancelled);
  get(running);
}

TEST_CASE("a running call that is cancelled sees its stop token") {
  const auto executor = make_thread_executor(options_with(1));
  std::promise<void> begun;
  asked a{function_of([&](step_context& step) {
    begun.set_value();
    step.sleep_for(1h);
    return 5;  // is thrown away
  })};
  const auto id = executor->submit(std::move(a.call));
  REQUIRE(id);
  begun.get_future().wait();
  executor->cancel(*id);
  executor->cancel(*id);
  CHECK(code_of(get(a.answer)) == errc::cancelled);
  executor->cancel(*id);
  executor->cancel(999);
  CHECK(executor->current_load().stuck == 0);
}

TEST_CASE("a stop lets begun calls end, gives up the others and takes no more") {
  const auto executor = make_thread_executor(options_with(1));
  const auto door = std::make_shared<gate>();
  auto running = submit(*executor, asked{blocked_at(door)});
  door->await_arrivals(1);
  auto queued = submit(*executor, asked{blocked_at(door)});
  auto aside = submit(*executor, asked{blocked_at(door, 1)});
  std::jthread stopper{[&] { executor->stop(1h); }};
  CHECK(code_of(get(queued)) == errc::cancelled);
  CHECK(code_of(get(aside)) == errc::cancelled);
  const auto refused = executor->submit(asked{blocked_at(door)}.call);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::unavailable);
  CHECK(running.wait_for(0ms) == std::future_status::timeout);
  door->open();
  CHECK(get(running).value);
  stopper.join();
  executor->stop(0ms);  // a second stop has nothing to do
}

TEST_CASE("after the limit of a stop functions are told, and a success still counts") {
  auto options = options_with(2);
  options.grace = 10s;
  const auto executor = make_thread_executor(options);
  std::latch begun{2};
  auto succeeds = submit(*executor, asked{function_of([&](step_context& step) {
    begun.count_down();
    step.sleep_for(1h);
    return 5;
  })});
  auto fails = submit(*executor, asked{function_of([&](step_context& step) {
    begun.count_down();
    step.sleep_for(1h);
    return fail("interrupted", "by the stop");
  })});
  begun.wait();
  executor->stop(1ms);
  CHECK(*get(succeeds).value == 5);
  CHECK(code_of(get(fails)) == errc::cancelled);
}

TEST_CASE("a stuck function may return after its executor is gone") {
  const auto door = std::make_shared<gate>();
  auto clock_is_there = std::make_unique<std::atomic<bool>>(true);
  std::weak_ptr<int> of_done;
  std::weak_ptr<int> of_observer;
  std::future<outcome> answer;
  {
    auto options = options_with(1);
    options.now = [&clock_is_there] {
      PAWL_ASSERT(clock_is_there->load(), "the clock was asked after the stop");
      return time_point{};
    };
    const auto executor = make_thread_executor(options);
    asked a{function_of([door](step_context& step) {
      door->pass();
      step.log(log_level::info, "nobody hears this");
      step.progress(1);
      return 1;
    })};
    const auto owned = std::make_shared<int>(1);
    of_done = owned;
    const auto watched = std::make_shared<int>(1);
    of_observer = watched;
    a.call.done = [owned, done = std::move(a.call.done)](outcome how) { done(std::move(how)); };
    a.call.observer.on_log = [watched](log_level, std::string_view) { FAIL("told too late"); };
    a.call.observer.on_progress = [watched](double) { FAIL("told too late"); };
    answer = submit(*executor, std::move(a));
    door->await_arrivals(1);
  }
  clock_is_there.reset();
  CHECK(code_of(get(answer)) == errc::cancelled);
  CHECK(of_done.expired());
  CHECK(of_observer.expired());
  door->open();
  door->await_passed(1);
  // The thread is nobody's now; it ends by itself, touching only what it owns.
}

TEST_CASE("a call has let go of its state before it is answered") {
  const auto executor = make_thread_executor(options_with(1));
  const auto state = std::make_shared<const json>(json{{"large", 1}});
  std::promise<long> owners;
  asked a{function_of([](const json& s) { return s; })};
  a.call.state = state;
  a.call.done = [&](outcome) { owners.set_value(state.use_count()); };
  REQUIRE(executor->submit(std::move(a.call)));
  CHECK(owners.get_future().get() == 1);
}

TEST_CASE("watchers are told of log lines and progress while the function runs") {
  const auto executor = make_thread_executor(options_with(1));
  const auto door = std::make_shared<gate>();
  std::promise<std::string> line;
  std::promise<double> done_part;
  asked a{function_of([door](step_context& step) {
    step.log(log_level::warning, "half way");
    step.progress(0.5);
    door->pass();
  })};
  a.call.observer = {[&](log_level, std::string_view text) { line.set_value(std::string{text}); },
                     [&](double part) { done_part.set_value(part); }};
  auto answer = submit(*executor, std::move(a));
  CHECK(line.get_future().get() == "half way");
  CHECK(done_part.get_future().get() == 0.5);
  door->open();
  CHECK(get(answer).value);
}

TEST_CASE("an executor starts no thread before it is used, and an idle one uses no CPU") {
  const auto before = thread_count();
  const auto executor = make_thread_executor(options_with(8));
  CHECK(thread_count() == before);
  auto answer = submit(*executor, asked{function_of([] {}), 1h});
  get(answer);
  CHECK(thread_count() <= before + 2);
  const auto cpu = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return std::chrono::seconds{usage.ru_utime.tv_sec + usage.ru_stime.tv_sec} +
           std::chrono::microseconds{usage.ru_utime.tv_usec + usage.ru_stime.tv_usec};
  };
  const auto used = cpu();
  std::this_thread::sleep_for(200ms);
  CHECK(cpu() - used < 20ms);
}
