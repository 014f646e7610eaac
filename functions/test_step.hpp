#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <pawl/functions.hpp>

#include "functions/call.hpp"
#include "functions/context.hpp"

namespace pawl::functions {

/// Timers that have a thread each.
class thread_timers final : public call_timers {
 public:
  id start(std::chrono::milliseconds duration, std::function<void()> what) override {
    const std::lock_guard lock{shared_->mutex};
    const id made = ++shared_->last;
    shared_->waiting.insert(made);
    std::thread{[shared = shared_, made, duration, what = std::move(what)] {
      std::unique_lock own{shared->mutex};
      shared->changed.wait_for(own, duration, [&] { return !shared->waiting.contains(made); });
      const bool fires = shared->waiting.erase(made) > 0;
      own.unlock();
      if (fires) what();
    }}.detach();
    return made;
  }
  void cancel(id which) override {
    const std::lock_guard lock{shared_->mutex};
    shared_->waiting.erase(which);
    shared_->changed.notify_all();
  }

 private:
  struct state {
    std::mutex mutex;
    std::condition_variable changed;
    id last = 0;
    std::set<id> waiting;
  };
  const std::shared_ptr<state> shared_ = std::make_shared<state>();
};

/// A call in a test. Every input can be set; logs and progress are recorded. Not thread-safe.
struct test_step {
  run_key run{default_scope(), run_id{"run-1"}};
  std::string key = "run-1/node/1";
  json args = json::object();
  json state = json::object();
  std::stop_source stop;
  bool pause = false;  ///< whether a pause is requested
  std::vector<std::pair<log_level, std::string>> logs;
  std::vector<double> progress;
  observer_limits watching;
  value_limits limits;
  trace_context trace{{1}, {2}, 1};
  std::optional<json> answer;               ///< the function's `resume_value`
  std::optional<interruption> interrupted;  ///< the question of the last call

  /// Calls `body` as the engine would.
  result<json> call(const step_function& body, std::string_view name = "test.function") {
    const step_observer observer{
        [this](const auto&, log_level level, std::string_view message) {
          logs.emplace_back(level, message);
        },
        [this](const auto&, double fraction) { progress.push_back(fraction); }};
    const std::atomic<bool> requested{pause};
    call_context context{
        {run, "node", 1, 1, key, args, answer ? &*answer : nullptr, trace, nullptr, {}, &requested},
        observer,
        watching,
        stop.get_token()};
    return outcome(functions::call(body, name, step_data{state}, context, limits));
  }
  /// Calls a registered function as the engine would, and waits for the end of the call.
  result<json> call(const registered_function& function) {
    if (!function.begin) return call(function.body, function.code_ref);
    const step_observer observer{};
    const std::atomic<bool> requested{pause};
    call_context context{
        {run, "node", 1, 1, key, args, answer ? &*answer : nullptr, trace, nullptr, {}, &requested},
        observer,
        watching,
        stop.get_token(),
        std::make_shared<thread_timers>()};
    std::promise<call_outcome> ended;
    call_asynchronous(function.begin, function.code_ref, context, limits,
                      [&](call_outcome how) { ended.set_value(std::move(how)); });
    return outcome(ended.get_future().get());
  }

 private:
  result<json> outcome(call_outcome called) {
    interrupted = std::move(called.interrupted);
    return std::move(called.value);
  }
};

inline test_step step_with(json args) {
  test_step step;
  step.args = std::move(args);
  return step;
}

}  // namespace pawl::functions
