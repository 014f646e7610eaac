#pragma once

#include <chrono>
#include <cstdint>

#include "actors/metrics.hpp"
#include "flow/machine/command.hpp"
#include "flow/machine/delta.hpp"

namespace pawl::actors {

/// What is measured of one command to a run. Made before the command is carried out, which moves
/// its content away.
class command_timer {
 public:
  explicit command_timer(const flow::command& c) noexcept;

  /// The command was carried out.
  void carried_out(metrics& to, const flow::delta& change) noexcept;
  /// Whether a start or signal was carried out that leads to a step.
  [[nodiscard]] bool leads_to_step() const noexcept { return checkpoint_ != 0; }
  /// A checkpoint is durable and its steps come next. Records the way from a start or signal to
  /// its first step, if this is the checkpoint it was carried out in.
  void committed(metrics& to, std::uint64_t checkpoint) noexcept;

 private:
  enum class kind : std::uint8_t { other, start, signal, completed, failed, interrupted };

  kind kind_ = kind::other;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::chrono::microseconds step_took_{-1};  ///< -1: unknown, as of workers
  std::uint64_t checkpoint_ = 0;             ///< 0: nothing is awaited
};

}  // namespace pawl::actors
