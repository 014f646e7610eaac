#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include <pawl/function.hpp>

#include "functions/context.hpp"
#include "functions/registry.hpp"
#include "functions/value_check.hpp"

namespace pawl::functions {

/// How a call ended.
struct call_outcome {
  result<json> value;
  std::optional<interruption> interrupted = {};  ///< the function asks a question; ignore `value`
};

/// Converts the error of a function, in this process or of a worker, to the one that the engine
/// stores: `function_failed` with the error's class as type. Its texts are made valid UTF-8 and cut
/// (`flow::error_message`), and at most 100 diagnostics are kept.
[[nodiscard]] error storable_error(error own);

/// Calls a step function. This is the boundary to foreign code and the only place that catches
/// foreign exceptions. The outcome is:
/// - for `step.interrupt(…)`, an interruption;
/// - for a returned value, the value if `check_value` accepts it, else an error of type
///   "invalid_result";
/// - for a returned error, `function_failed` with the error's class as type, so that a code of the
///   function (timed_out, overloaded, …) is not mistaken for one of the engine;
/// - for an exception, `function_failed` with type "exception" and the exception's text.
/// Error texts are made valid UTF-8 and shortened to a few kilobytes. `name` is the function's
/// name, for messages. Does not throw. Thread-safe if the function is.
[[nodiscard]] call_outcome call(const step_function& body, std::string_view name,
                                const step_data& state, call_context& step,
                                const value_limits& limits);

/// Begins a call of an asynchronous function. `done` is called once, on any thread, perhaps before
/// this returns; the outcome is as above. Does not throw.
void call_asynchronous(const asynchronous_function& begin, const std::string& name,
                       call_context& step, const value_limits& limits,
                       std::function<void(call_outcome)> done);

}  // namespace pawl::functions
