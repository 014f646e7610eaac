// Calls for which the system has no thread.

#include <atomic>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "actors/executor_fixture.hpp"
#include "actors/thread_executor.hpp"

using namespace pawl;                          // NOLINT
using namespace pawl::actors;                  // NOLINT
using namespace pawl::actors::executor_tests;  // NOLINT

namespace {

/// A system that has a limited number of threads.
struct thread_source {
  std::atomic<int> left{0};
  std::atomic<int> refused{0};

  std::thread make(std::function<void()> run) {
    if (left == 0) {
      ++refused;
      throw std::system_error{std::make_error_code(std::errc::resource_unavailable_try_again)};
    }
    --left;
    return std::thread{std::move(run)};
  }
  thread_executor_options options(std::uint32_t threads) {
    auto made = options_with(threads);
    made.make_thread = [this](std::function<void()> run) { return make(std::move(run)); };
    return made;
  }
};

}  // namespace

TEST_CASE("calls without a thread wait, and begin when the system has one") {
  thread_source system;
  auto options = system.options(2);
  options.retry_threads = 1ms;
  std::atomic<int> reports{0};
  options.on_no_thread = [&](const std::string&) { ++reports; };
  const auto executor = make_thread_executor(options);
  auto first = submit(*executor, asked{function_of([] {})});
  auto second = submit(*executor, asked{function_of([] {})});
  REQUIRE(becomes([&] { return system.refused >= 3; }));
  CHECK(executor->current_load().queued == 2);
  CHECK(reports >= 1);
  system.left = 1;
  CHECK(get(first).value);
  CHECK(get(second).value);
}

TEST_CASE("a call without a thread is taken by a thread that returns") {
  thread_source system;
  system.left = 1;
  auto options = system.options(1);
  options.retry_threads = 1h;
  const auto door = std::make_shared<gate>();
  const auto executor = make_thread_executor(options);
  auto stuck = submit(*executor, asked{blocked_at(door), 1ms});
  CHECK(code_of(get(stuck)) == errc::timed_out);
  std::vector<std::future<outcome>> waiting;
  for (int i = 0; i < 100; ++i) waiting.push_back(submit(*executor, asked{function_of([] {})}));
  CHECK(executor->current_load().queued == 100);
  CHECK(system.refused <= 101);  // once for each call and once for the thread that is stuck
  door->open();
  for (auto& each : waiting) CHECK(get(each).value);
}

TEST_CASE("calls that wait for a thread of the system can be cancelled and stopped") {
  thread_source system;
  auto options = system.options(1);
  options.retry_threads = 1h;
  const auto executor = make_thread_executor(options);
  asked first{function_of([] {})}, second{function_of([] {})};
  const auto id = executor->submit(std::move(first.call));
  REQUIRE(id);
  REQUIRE(executor->submit(std::move(second.call)));
  executor->cancel(*id);
  CHECK(code_of(get(first.answer)) == errc::cancelled);
  executor->stop(0ms);
  CHECK(code_of(get(second.answer)) == errc::cancelled);
}
