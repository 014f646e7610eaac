#pragma once

#include <chrono>
#include <cstdint>

#include "actors/metrics.hpp"
#include "flow/machine/command.hpp"
#include "flow/machine/delta.hpp"

namespace pawl::actors {

/// Measures one command to a run. Made before the command is applied, which moves its content
/// away.
class command_timer {
 public:
  explicit command_timer(const flow::command& c) noexcept;

  /// The command was applied.
  void on_applied(metrics& to, const flow::delta& change) noexcept;
  /// Whether the command is a start or signal that leads to a step.
  [[nodiscard]] bool leads_to_step() const noexcept { return checkpoint_ != 0; }
  /// A checkpoint is durable and its steps begin. Records the time from the start or signal to its
  /// first step, if this is the command's checkpoint.
  void on_committed(metrics& to, std::uint64_t checkpoint) noexcept;

 private:
  enum class kind : std::uint8_t { other, start, signal, completed, failed, interrupted };

  kind kind_ = kind::other;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::chrono::microseconds step_took_{-1};  ///< -1: unknown, as for workers
  std::uint64_t checkpoint_ = 0;             ///< 0: no step is expected
};

}  // namespace pawl::actors
