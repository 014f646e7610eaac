#include "actors/thread_executor.hpp"

#include <algorithm>
#include <atomic>
#include <latch>
#include <set>
#include <vector>

#include "actors/executor_fixture.hpp"
#include "tests/support/cpu_time.hpp"

using namespace pawl;                          // NOLINT
using namespace pawl::actors;                  // NOLINT
using namespace pawl::actors::executor_tests;  // NOLINT

TEST_CASE("a call is answered with its value and its times") {
  const auto executor = make_thread_executor(options_with(2));
  asked a{function_of([](const json& state, step_context& step) {
    return json{state, step.args(), step.node(), step.idempotency_key()};
  })};
  a.call.idempotency_key = "run/node/1";
  a.call.state = step_data{json{{"s", 1}}};
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
    // Some have a limit of 1: they are set aside and return to their rank.
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

TEST_CASE("a function at its limit delays only its own calls, which stay in order") {
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
  // 18 calls wait before these, but occupy no thread.
  for (int i = 0; i < 10; ++i) {
    auto other = submit(*executor, asked{function_of([] { return 1; })});
    CHECK(*get(other).value == 1);
  }
  CHECK(executor->current_load().running == 2);
  CHECK(executor->current_load().queued == 18);
  door->open();
  for (auto& answer : answers) CHECK(get(answer).value);
  CHECK(most == 2);
  // They begin in order, but of the two that run at once one may be slow to record it: when a call
  // has begun, all earlier ones have, except perhaps one.
  std::set<int> begun;
  for (const int n : order) {
    const auto earlier = std::distance(begun.begin(), begun.lower_bound(n));
    CHECK(n - earlier <= 1);
    begun.insert(n);
  }
  CHECK(begun.size() == 20);
}

TEST_CASE("a call gives its place back when it begins, and when it is cancelled before") {
  const auto executor = make_thread_executor(options_with(1));
  fair_limiter places{100};
  const auto with_place = [&](functions::function_ptr f) {
    asked a{std::move(f)};
    a.call.place = places.try_take(default_scope());
    return a;
  };
  const auto door = std::make_shared<gate>();
  auto running = submit(*executor, with_place(blocked_at(door)));
  door->await_arrivals(1);
  CHECK(places.now().used == 0);
  auto queued = submit(*executor, with_place(blocked_at(door, 1)));
  asked cancelled = with_place(blocked_at(door));
  const auto id = executor->submit(std::move(cancelled.call));
  REQUIRE(id);
  CHECK(places.now().used == 2);
  executor->cancel(*id);
  CHECK(code_of(get(cancelled.answer)) == errc::cancelled);
  CHECK(places.now().used == 1);
  door->open();
  CHECK(get(running).value);
  CHECK(get(queued).value);
  CHECK(places.now().used == 0);
}

TEST_CASE("a cancelled queued call never begins") {
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

TEST_CASE("when a call at the limit is cancelled, the next of its function gets its slot") {
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

TEST_CASE("a cancelled running call sees its stop token") {
  const auto executor = make_thread_executor(options_with(1));
  std::promise<void> begun;
  asked a{function_of([&](step_context& step) {
    begun.set_value();
    step.sleep_for(1h);
    return 5;  // is discarded
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

TEST_CASE("a stop lets running calls finish, cancels the others and accepts no more") {
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

TEST_CASE(
    "after the time limit of a stop functions are asked to stop, and a success still counts") {
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

TEST_CASE("a call releases its state before it is answered") {
  const auto executor = make_thread_executor(options_with(1));
  const auto state = std::make_shared<const json>(json{{"large", 1}});
  std::promise<long> owners;
  asked a{function_of([](const json& s) { return s; })};
  a.call.state = step_data{state};
  a.call.done = [&](outcome) { owners.set_value(state.use_count()); };
  REQUIRE(executor->submit(std::move(a.call)));
  CHECK(owners.get_future().get() == 1);
}

TEST_CASE("log lines and progress are observed while the function runs") {
  const auto executor = make_thread_executor(options_with(1));
  const auto door = std::make_shared<gate>();
  std::promise<std::string> line;
  std::promise<double> reported_progress;
  asked a{function_of([door](step_context& step) {
    step.log(log_level::warning, "half way");
    step.progress(0.5);
    door->pass();
  })};
  a.call.observer = std::make_shared<const functions::step_observer>(functions::step_observer{
      [&](const auto&, log_level, std::string_view text) { line.set_value(std::string{text}); },
      [&](const auto&, double part) { reported_progress.set_value(part); }});
  auto answer = submit(*executor, std::move(a));
  CHECK(line.get_future().get() == "half way");
  CHECK(reported_progress.get_future().get() == 0.5);
  door->open();
  CHECK(get(answer).value);
}

TEST_CASE("an unused executor has one thread, and an idle one uses no CPU") {
  const auto before = thread_count();
  const auto executor = make_thread_executor(options_with(8));
  CHECK(thread_count() == before + 1);  // for time-outs
  auto answer = submit(*executor, asked{function_of([] {}), 1h});
  get(answer);
  CHECK(thread_count() <= before + 2);
  const auto used = pawl::testing::cpu_time();
  std::this_thread::sleep_for(200ms);
  CHECK(pawl::testing::cpu_time() - used < 20ms);
}

TEST_CASE("a call of a step begins when its earlier call has returned or was cancelled") {
  const auto executor = make_thread_executor(options_with(4));
  const auto door = std::make_shared<gate>();
  asked first{blocked_at(door)};
  const auto key = first.call.idempotency_key;
  auto first_answer = submit(*executor, std::move(first));
  door->await_arrivals(1);
  std::atomic<bool> second_began{false};
  asked second{function_of([&] {
    second_began = true;
    return 2;
  })};
  second.call.idempotency_key = key;
  auto second_answer = submit(*executor, std::move(second));
  asked third{function_of([] { return 3; })};
  third.call.idempotency_key = key;
  auto third_answer = std::move(third.answer);
  const auto third_id = executor->submit(std::move(third.call));
  REQUIRE(third_id);
  auto other = submit(*executor, asked{function_of([] { return 1; })});
  CHECK(*get(other).value == 1);  // other steps are not delayed
  CHECK_FALSE(second_began);
  CHECK(executor->current_load().queued == 2);
  executor->cancel(*third_id);
  CHECK(get(third_answer).value.error().code == errc::cancelled);
  door->open();
  CHECK(get(first_answer).value);
  CHECK(*get(second_answer).value == 2);
}

TEST_CASE("the executor tells how far the call of a step is") {
  using stage = call_progress::stage;
  const auto executor = make_thread_executor(options_with(1));
  const auto door = std::make_shared<gate>();
  const run_key run{default_scope(), run_id{"r1"}};
  const auto limited = function_of([door] { door->pass(); }, 1);
  const auto call_of = [&](functions::function_ptr function, const char* step) {
    asked a{std::move(function)};
    a.call.run = run;
    a.call.idempotency_key = step;
    a.call.timeout = 1h;
    return submit(*executor, std::move(a));
  };
  std::vector<std::future<outcome>> answers;
  answers.push_back(call_of(blocked_at(door), "first"));
  door->await_arrivals(1);
  for (const char* const step : {"second", "third"})
    answers.push_back(call_of(blocked_at(door), step));
  answers.push_back(call_of(limited, "limited 1"));
  answers.push_back(call_of(limited, "limited 2"));
  answers.push_back(call_of(blocked_at(door), "first"));  // again
  const auto progress = [&](const char* step) { return executor->progress_of(run, step).value(); };
  CHECK(progress("second").now == stage::queued);
  CHECK(progress("second").ahead == 0);
  CHECK(progress("third").ahead == 1);
  CHECK(progress("third").waiting == 4);
  CHECK(progress("limited 1").now == stage::queued);
  CHECK(progress("limited 2").now == stage::limited);
  CHECK(progress("first").now == stage::held);  // the last call of the step counts
  CHECK_FALSE(executor->progress_of(run, "none"));
  CHECK_FALSE(executor->progress_of({default_scope(), run_id{"r2"}}, "first"));
  door->open();
  for (auto& answer : answers) get(answer);
  CHECK_FALSE(executor->progress_of(run, "third"));
  const auto again = std::make_shared<gate>();
  auto running = call_of(blocked_at(again), "running");
  again->await_arrivals(1);
  CHECK(progress("running").now == stage::running);
  CHECK(progress("running").began_at.has_value());
  CHECK(progress("running").left > 59min);
  again->open();
  get(running);
}
