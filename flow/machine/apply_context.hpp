#pragma once

#include <functional>
#include <string>

#include <pawl/time.hpp>

namespace pawl::flow {

struct invoke_effect;

/// What a transition needs to know besides the run.
struct apply_context {
  // NOLINTNEXTLINE(google-explicit-constructor): most callers have only the time.
  apply_context(time_point when) : now{when} {}

  time_point now;
  /// Returns the task queue of a call. With no function, or if it returns "", the call becomes an
  /// effect: whoever performs the effect makes the call or enqueues it.
  std::function<std::string(const invoke_effect&)> queue_of = {};
};

}  // namespace pawl::flow
