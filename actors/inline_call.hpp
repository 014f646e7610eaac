#pragma once

#include "actors/clock.hpp"
#include "actors/executor.hpp"
#include "functions/value_check.hpp"

namespace pawl::actors {

/// Calls a function on the calling thread. Does not use `call.done` and `call.timeout`. Releases
/// the call's state before it returns.
[[nodiscard]] outcome call_inline(invocation call, const clock& time,
                                  const functions::value_limits& limits);

}  // namespace pawl::actors
