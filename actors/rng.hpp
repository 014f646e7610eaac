#pragma once

namespace pawl::actors {

/// Where chance comes from that runs see: the jitter of waits. Safe for concurrent use.
class rng {
 public:
  virtual ~rng() = default;
  /// From 0 to below 1.
  [[nodiscard]] virtual double draw() = 0;
};

}  // namespace pawl::actors
