#pragma once

#include <chrono>

#include <pawl/time.hpp>

namespace pawl::actors {

/// The clocks of an engine. Safe for concurrent use.
class clock {
 public:
  virtual ~clock() = default;
  /// The wall clock, which may be set.
  [[nodiscard]] virtual time_point now() const = 0;
  /// The monotonic clock, which is never set.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point ticks() const {
    return std::chrono::steady_clock::now();
  }
  /// The longest time to wait before `now` is looked at again, because it may have been set.
  [[nodiscard]] virtual std::chrono::seconds longest_wait() const {
    return std::chrono::seconds{60};
  }
};

}  // namespace pawl::actors
