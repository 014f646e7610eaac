#pragma once

#include <chrono>

#include <pawl/time.hpp>

namespace pawl::actors {

/// The wall clock of an engine. Safe for concurrent use.
class clock {
 public:
  virtual ~clock() = default;
  [[nodiscard]] virtual time_point now() const = 0;
  /// The longest time to wait before `now` is looked at again, because it may have been set.
  [[nodiscard]] virtual std::chrono::seconds longest_wait() const {
    return std::chrono::seconds{60};
  }
};

}  // namespace pawl::actors
