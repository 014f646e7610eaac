#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/functions.hpp>

#include "functions/call.hpp"
#include "functions/context.hpp"

namespace pawl::functions {

/// A call in a test. Every input can be set; logs and progress are recorded. Not thread-safe.
struct test_step {
  run_key run{default_scope(), run_id{"run-1"}};
  std::string key = "run-1/node/1";
  json args = json::object();
  json state = json::object();
  std::stop_source stop;
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
        [this](log_level level, std::string_view message) { logs.emplace_back(level, message); },
        [this](double fraction) { progress.push_back(fraction); }};
    call_context context{{run, "node", 1, 1, key, args, answer ? &*answer : nullptr, trace},
                         observer,
                         watching,
                         stop.get_token()};
    auto called = functions::call(body, name, state, context, limits);
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
