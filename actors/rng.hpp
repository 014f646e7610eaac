#pragma once

namespace pawl::actors {

/// The random numbers that runs see, as the jitter of back-offs. Safe for concurrent use.
class rng {
 public:
  virtual ~rng() = default;
  /// Returns a number from 0 to below 1.
  [[nodiscard]] virtual double draw() = 0;
};

}  // namespace pawl::actors
