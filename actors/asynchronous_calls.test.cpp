// Calls of asynchronous functions, which use no thread.
#include <algorithm>
#include <cmath>
#include <mutex>
#include <vector>

#include "actors/executor_fixture.hpp"

using namespace pawl;                          // NOLINT
using namespace pawl::actors;                  // NOLINT
using namespace pawl::actors::executor_tests;  // NOLINT

namespace {

/// Functions whose calls hang until the test ends them.
class hanging_calls {
 public:
  struct one {
    step_context* step;
    functions::call_end end;
  };
  functions::function_ptr function(std::uint32_t max_concurrency = 0) {
    return asynchronous(
        [this](step_context& step, functions::call_end end) {
          const std::lock_guard lock{mutex_};
          all_.push_back({&step, std::move(end)});
        },
        max_concurrency);
  }
  std::size_t begun() {
    const std::lock_guard lock{mutex_};
    return all_.size();
  }
  /// Ends the calls that have begun so far.
  void end_all(json value) {
    for (auto& each : take()) each.end(value);
  }
  std::vector<one> take() {
    const std::lock_guard lock{mutex_};
    return std::exchange(all_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<one> all_;
};

}  // namespace

TEST_CASE("thousands of asynchronous calls use no thread and delay no other call") {
  auto options = options_with(1);
  options.max_asynchronous = 5'000;
  const auto executor = make_thread_executor(options);
  hanging_calls calls;
  std::vector<std::future<outcome>> answers;
  const auto before = thread_count();
  for (int i = 0; i < 5'000; ++i) answers.push_back(submit(*executor, asked{calls.function()}));
  CHECK(calls.begun() == 5'000);
  CHECK(executor->current_load().running == 5'000);
  CHECK(thread_count() <= before + 1);  // the watcher
  auto other = submit(*executor, asked{function_of([] { return 1; })});
  CHECK(*get(other).value == 1);
  calls.end_all({{"done", true}});
  for (auto& answer : answers) CHECK(*get(answer).value == json{{"done", true}});
  CHECK(executor->current_load().running == 0);
}

TEST_CASE("an asynchronous call releases the run's data when it begins") {
  const auto executor = make_thread_executor(options_with(1));
  hanging_calls calls;
  const auto state = std::make_shared<const json>(json{{"large", 1}});
  asked a{calls.function()};
  a.call.state = step_data{state};
  auto answer = submit(*executor, std::move(a));
  CHECK(state.use_count() == 1);
  calls.end_all(1);
  get(answer);
}

TEST_CASE("an error, an exception and a call that is dropped fail the step") {
  const auto executor = make_thread_executor(options_with(1));
  const auto outcome_of = [&](functions::asynchronous_function begin) {
    auto answer = submit(*executor, asked{asynchronous(std::move(begin))});
    return get(answer).value.error();
  };
  CHECK(outcome_of([](step_context&, const functions::call_end& end) {
          end(fail("declined", "no"));
        }) == fail("declined", "no"));
  CHECK(outcome_of([](step_context&, const functions::call_end&) {
          throw std::runtime_error{"oh"};
        }).type == "exception");
  CHECK(outcome_of([](step_context&, const functions::call_end&) {}).type == "no_result");
  CHECK(outcome_of([](step_context&, const functions::call_end& end) { end(json(NAN)); }).type ==
        "invalid_result");
  auto twice =
      submit(*executor, asked{asynchronous([](step_context&, const functions::call_end& end) {
        end(json(1));
        end(json(2));
        throw std::runtime_error{"too late"};
      })});
  CHECK(*get(twice).value == 1);
}

TEST_CASE("asynchronous calls beyond the limit wait, also those that end while they begin") {
  auto options = options_with(1);
  options.max_asynchronous = 2;
  const auto executor = make_thread_executor(options);
  hanging_calls calls;
  std::vector<std::future<outcome>> answers;
  for (int i = 0; i < 4; ++i) answers.push_back(submit(*executor, asked{calls.function()}.in("s")));
  CHECK(calls.begun() == 2);
  auto other = submit(*executor, asked{calls.function()}.in("t"));
  CHECK(calls.begun() == 3);  // the reserve
  for (int i = 0; i < 10'000; ++i) {
    answers.push_back(
        submit(*executor, asked{asynchronous([](step_context&, const functions::call_end& end) {
                            end(json(1));
                          })}.in("s")));
  }
  CHECK(executor->current_load().queued == 10'002);
  while (calls.begun() > 0) calls.end_all(1);
  for (auto& answer : answers) CHECK(get(answer).value);
  get(other);
}

TEST_CASE("an asynchronous call counts for the limit of its function") {
  const auto executor = make_thread_executor(options_with(1));
  hanging_calls calls;
  const auto limited = calls.function(1);
  auto first = submit(*executor, asked{limited});
  auto second = submit(*executor, asked{limited});
  CHECK(calls.begun() == 1);
  calls.end_all(1);
  CHECK(get(first).value);
  CHECK(calls.begun() == 1);
  calls.end_all(2);
  CHECK(*get(second).value == 2);
}

TEST_CASE("a cancelled asynchronous call sees its stop token, and is abandoned after the grace") {
  auto options = options_with(1);
  options.grace = 30ms;
  options.max_asynchronous = 1;
  const auto executor = make_thread_executor(options);
  hanging_calls calls;
  asked a{calls.function()};
  const auto id = executor->submit(std::move(a.call));
  REQUIRE(id);
  auto waiting = submit(*executor, asked{calls.function()});
  auto begun = calls.take();
  REQUIRE(begun.size() == 1);
  executor->cancel(*id);
  CHECK(begun[0].step->stop_requested());
  const auto how = get(a.answer);
  CHECK(code_of(how) == errc::cancelled);
  CHECK(how.value.error().message.find("is abandoned") != std::string::npos);
  CHECK(executor->current_load().stuck == 1);
  CHECK(calls.begun() == 0);  // its slot is not free
  begun[0].end(json(1));
  CHECK(executor->current_load().stuck == 0);
  calls.end_all(2);
  CHECK(*get(waiting).value == 2);
}

TEST_CASE("a time-out, and a missing heartbeat, end asynchronous calls, too") {
  const auto executor = make_thread_executor(options_with(1));
  const auto stops = asynchronous([](step_context& step, functions::call_end end) {
    // Ends as soon as it is asked to.
    std::thread{[&step, end = std::move(end)] {
      while (!step.stop_requested()) std::this_thread::sleep_for(1ms);
      end(fail("stopped", ""));
    }}.detach();
  });
  auto late = submit(*executor, asked{stops, 10ms});
  CHECK(code_of(get(late)) == errc::timed_out);
  asked silent{stops};
  silent.call.heartbeat = 10ms;
  auto answer = submit(*executor, std::move(silent));
  CHECK(get(answer).value.error().type == "heartbeat_timeout");
}

TEST_CASE("a stop waits for asynchronous calls, then ends them") {
  auto options = options_with(1);
  options.stop_grace = 20ms;
  const auto executor = make_thread_executor(options);
  hanging_calls calls;
  auto ends = submit(*executor, asked{calls.function()});
  auto never = submit(*executor, asked{calls.function()});
  auto begun = calls.take();
  std::jthread stopper{[&] { executor->stop(50ms); }};
  begun[0].end(json(1));
  CHECK(*get(ends).value == 1);
  CHECK(code_of(get(never)) == errc::cancelled);
  stopper.join();
  begun[1].end(json(2));  // after the stop
}

TEST_CASE("the cost of a cancel does not grow with the number of running calls") {
  const auto cost_of = [](int count) {
    auto options = options_with(1);
    options.max_asynchronous = 100'000;
    options.grace = 1h;  // or the watcher would abandon the first ones meanwhile
    const auto executor = make_thread_executor(options);
    hanging_calls calls;
    const auto function = calls.function();
    std::vector<invocation_id> ids;
    for (int i = 0; i < count; ++i) {
      const auto id = executor->submit(asked{function}.call);
      REQUIRE(id);
      ids.push_back(*id);
    }
    const auto begin = steady::now();
    for (const auto id : ids) executor->cancel(id);
    const auto took = (steady::now() - begin) / count;
    calls.end_all(1);
    return took;
  };
  // Both are more than a processor's cache holds. The least of some tries, because other processes
  // disturb.
  auto few = cost_of(10'000);
  auto many = cost_of(80'000);
  for (int i = 0; i < 8 && many > few * 3; ++i) {
    few = std::min(few, cost_of(10'000));
    many = std::min(many, cost_of(80'000));
  }
  CAPTURE(few.count(), many.count());
  CHECK(many <= few * 3);  // with a search of all it is eight times
}
