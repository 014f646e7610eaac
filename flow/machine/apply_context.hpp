#pragma once

#include <functional>
#include <string>

#include <pawl/time.hpp>

namespace pawl::flow {

struct invoke_effect;

/// What a transition has to know of the world around the run.
struct apply_context {
  // NOLINTNEXTLINE(google-explicit-constructor): for most, the time is all there is to know.
  apply_context(time_point when) : now{when} {}

  time_point now;
  /// The queue of the workers that are to make a call. "", or no function: the call becomes an
  /// effect, and whoever performs it makes it or hands it over.
  std::function<std::string(const invoke_effect&)> queue_of = {};
};

}  // namespace pawl::flow
