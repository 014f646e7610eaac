#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include <pawl/functions.hpp>

#include "actors/thread_executor.hpp"
#include "tests/support/catch.hpp"

/// Functions, calls and their answers for tests of the executor.
namespace pawl::actors::executor_tests {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

/// Blocks functions until it is opened. Shared, because a stuck function may outlive its test.
class gate {
 public:
  void open() {
    const std::lock_guard lock{mutex_};
    open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock{mutex_};
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    ++passed_;
    changed_.notify_all();
  }
  void await_arrivals(int count) { await(arrived_, count); }
  void await_passed(int count) { await(passed_, count); }

 private:
  void await(const int& what, int count) {
    std::unique_lock lock{mutex_};
    REQUIRE(changed_.wait_for(lock, 20s, [&] { return what >= count; }));
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int arrived_ = 0;
  int passed_ = 0;
};

inline functions::function_ptr function(step_function body, std::uint32_t max_concurrency = 0) {
  function_options options;
  options.max_concurrency = max_concurrency;
  return std::make_shared<const functions::registered_function>(
      functions::registered_function{"test.f", std::move(body), options});
}

template <class F>
functions::function_ptr function_of(F f, std::uint32_t max_concurrency = 0) {
  return function(make_step_function(std::move(f)), max_concurrency);
}

/// An asynchronous function that calls `begin`.
inline functions::function_ptr asynchronous(functions::asynchronous_function begin,
                                            std::uint32_t max_concurrency = 0) {
  function_options options;
  options.max_concurrency = max_concurrency;
  return std::make_shared<const functions::registered_function>(
      functions::registered_function{"test.async", nullptr, options, true, std::move(begin)});
}

/// Waits at `door` and ignores its stop token.
inline functions::function_ptr blocked_at(const std::shared_ptr<gate>& door,
                                          std::uint32_t max_concurrency = 0) {
  return function_of([door] { door->pass(); }, max_concurrency);
}

inline thread_executor_options options_with(std::uint32_t threads) {
  thread_executor_options options;
  options.threads = threads;
  options.grace = 20ms;
  options.now = [] {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
  };
  return options;
}

/// A call and the future of its outcome.
struct asked {
  invocation call;
  std::future<outcome> answer;

  asked in(const char* scope, const char* flow = "flow") && {
    call.run.scope = scope_name{scope};
    call.flow = flow;
    return std::move(*this);
  }

  explicit asked(functions::function_ptr f, std::chrono::milliseconds timeout = 0ms) {
    call.function = std::move(f);
    call.node = "node";
    static std::atomic<int> visits{0};  // each call is one of another step
    call.idempotency_key = "run/node/" + std::to_string(++visits);
    call.args = json::object();
    call.timeout = timeout;
    auto promise = std::make_shared<std::promise<outcome>>();
    answer = promise->get_future();
    call.done = [promise](outcome how) { promise->set_value(std::move(how)); };
  }
};

inline outcome get(std::future<outcome>& answer) {
  REQUIRE(answer.wait_for(20s) == std::future_status::ready);
  return answer.get();
}

/// Submits a call, which must be accepted.
inline std::future<outcome> submit(executor& to, asked a) {
  REQUIRE(to.submit(std::move(a.call)));
  return std::move(a.answer);
}

inline errc code_of(const outcome& how) {
  REQUIRE_FALSE(how.value);
  return how.value.error().code;
}

/// Threads of this process.
inline std::size_t thread_count() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator{"/proc/self/task"},
                    std::filesystem::directory_iterator{}));
}

/// Waits until a condition is true. Returns false if it is not after 20 s.
template <class Condition>
bool becomes(const Condition& condition) {
  const auto until = steady::now() + 20s;
  while (!condition() && steady::now() < until) std::this_thread::sleep_for(1ms);
  return condition();
}

}  // namespace pawl::actors::executor_tests
