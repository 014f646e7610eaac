#pragma once

#include <atomic>
#include <chrono>

#include <pawl/time.hpp>

#include "actors/clock.hpp"

namespace pawl::testing {

/// A wall clock that a test sets forward.
class shifted_clock final : public actors::clock {
 public:
  [[nodiscard]] time_point now() const override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now()) +
           std::chrono::hours{hours.load()};
  }
  [[nodiscard]] std::chrono::seconds longest_wait() const override {
    return std::chrono::seconds{1};
  }
  std::atomic<int> hours{0};
};

}  // namespace pawl::testing
