#pragma once

#include <optional>
#include <string_view>

#include <pawl/function.hpp>

#include "functions/context.hpp"
#include "functions/value_check.hpp"

namespace pawl::functions {

/// How a call ended.
struct call_outcome {
  result<json> value;
  std::optional<interruption> interrupted = {};  ///< it asks something: `value` is not looked at
};

/// Calls a step function: the border between Pawl and foreign code, and the only place where
/// foreign exceptions are caught. Whatever the function does becomes a value:
/// - `step.interrupt(…)`, returned, as an interruption, if its values are good;
/// - what it returns, if `check_value` finds it good, else an error of type "invalid_result";
/// - what it fails with, as `function_failed` with the error's class as its type, so that a code
///   of its own (timed_out, overloaded, …) is not mistaken for one of the engine;
/// - what it throws, as `function_failed` of type "exception" with the exception's text.
/// Texts of errors are made valid UTF-8 and cut to some kilobytes. `name` is the function's, for
/// messages. Does not throw. Thread-safe as far as the function is.
[[nodiscard]] call_outcome call(const step_function& body, std::string_view name, const json& state,
                                call_context& step, const value_limits& limits);

}  // namespace pawl::functions
