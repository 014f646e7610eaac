#pragma once

#include <pawl/time.hpp>

namespace pawl::actors {

/// What time it is. Safe for concurrent use.
class clock {
 public:
  virtual ~clock() = default;
  [[nodiscard]] virtual time_point now() const = 0;
};

}  // namespace pawl::actors
