#include "functions/context.hpp"

#include <atomic>
#include <cmath>
#include <thread>

#include "functions/test_step.hpp"
#include "tests/support/catch.hpp"

using namespace std::chrono_literals;
using pawl::json;
using pawl::log_level;
using pawl::make_step_function;
using pawl::step_context;
using pawl::functions::test_step;

TEST_CASE("a function can read the facts of its call") {
  test_step step;
  step.args = {{"a", 1}};
  const auto facts = step.call(make_step_function([](step_context& s) {
    return json{s.run().id.str(), s.node(), s.visit(), s.attempt(), s.idempotency_key(), s.args()};
  }));
  CHECK(*facts == json::parse(R"(["run-1","node",1,1,"run-1/node/1",{"a":1}])"));
}

TEST_CASE("sleep_for waits for its duration or until a stop is requested") {
  test_step step;
  const auto sleep = make_step_function([](step_context& s) { return s.sleep_for(20ms); });
  const auto before = std::chrono::steady_clock::now();
  CHECK(*step.call(sleep) == true);
  CHECK(std::chrono::steady_clock::now() - before >= 20ms);

  const auto for_ever = make_step_function(
      [](step_context& s) { return s.sleep_for(std::chrono::milliseconds::max()); });
  std::jthread stopper{[&] {
    std::this_thread::sleep_for(20ms);
    step.stop.request_stop();
  }};
  CHECK(*step.call(for_ever) == false);
  CHECK(*step.call(for_ever) == false);
}

TEST_CASE("a function that leaves for a pause says where, and what it has done") {
  test_step step;
  CHECK(*step.call(make_step_function([](step_context& s) { return s.pause_requested(); })) ==
        false);
  step.pause = true;
  const auto leaves = make_step_function([](step_context& s) -> pawl::result<json> {
    if (!s.pause_requested()) return json{};
    return s.leave_for_pause("at 3", {{"n", 3}});
  });
  static_cast<void>(step.call(leaves));
  REQUIRE(step.interrupted);
  CHECK(*step.interrupted == pawl::interruption{"at 3", {{"n", 3}}, true});

  const auto wrong = step.call(make_step_function(
      [](step_context& s) -> pawl::result<json> { return s.leave_for_pause(nullptr, 7); }));
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().type == "invalid_result");
  CHECK(wrong.error().message ==
        "\"test.function\" left for a pause with an update that must be an object, not number");
}

TEST_CASE("log messages are shortened and made valid UTF-8") {
  test_step step;
  step.watching.max_log_bytes = 10;
  REQUIRE(step.call(make_step_function([](step_context& s) {
    s.log(log_level::warning, "short");
    s.log(log_level::info, "a line that is too long");
    s.log(log_level::info, "\xff");
  })));
  REQUIRE(step.logs.size() == 3);
  CHECK(step.logs[0] == std::pair{log_level::warning, std::string{"short"}});
  CHECK(step.logs[1].second == "a line tha…");
  CHECK(step.logs[2].second == "\xef\xbf\xbd");
}

TEST_CASE("progress is rate-limited, except its first value and its end") {
  test_step step;
  step.watching.progress_interval = 1h;
  REQUIRE(step.call(make_step_function([](step_context& s) {
    s.progress(std::nan(""));
    for (int i = 0; i <= 1000; ++i) s.progress(i / 1000.0);
    s.progress(1);
    s.progress(7);
  })));
  CHECK(step.progress == std::vector<double>{0, 1});

  test_step each;
  each.watching.progress_interval = 0ms;
  REQUIRE(each.call(make_step_function([](step_context& s) {
    s.progress(-1);
    s.progress(0.5);
  })));
  CHECK(each.progress == std::vector<double>{0, 0.5});
}

TEST_CASE("after close the observer is not called any more") {
  std::atomic<bool> closed{false};
  std::atomic<int> late{0};
  const pawl::functions::step_observer observer{
      [&](const auto&, log_level, std::string_view) { late += closed ? 1 : 0; },
      [&](const auto&, double) { late += closed ? 1 : 0; }};
  const pawl::run_key run;
  const std::string key;
  const json args = json::object();
  pawl::functions::call_context context{
      {run, "n", 1, 1, key, args}, observer, {.progress_interval = 0ms}, {}};
  std::jthread worker{[&](std::stop_token stop) {
    while (!stop.stop_requested()) {
      context.log(log_level::info, "x");
      context.progress(0.5);
    }
  }};
  std::this_thread::sleep_for(5ms);
  context.close();
  closed = true;
  std::this_thread::sleep_for(5ms);
  worker.request_stop();
  worker.join();
  CHECK(late == 0);
}
