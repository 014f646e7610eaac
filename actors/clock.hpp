#pragma once

#include <pawl/time.hpp>

namespace pawl::actors {

/// The wall clock of an engine. Safe for concurrent use.
class clock {
 public:
  virtual ~clock() = default;
  [[nodiscard]] virtual time_point now() const = 0;
};

}  // namespace pawl::actors
