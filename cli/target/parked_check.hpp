#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "cli/run_family.hpp"
#include "cli/view/watcher.hpp"

namespace pawl::cli {

/// When a follower looks whether a run is parked: after the events that can mean this, and, while
/// the run waits for a subflow, again and again: what happens in a subflow is not among the events
/// of the run. Not thread-safe.
class parked_check {
 public:
  using clock = std::chrono::steady_clock;

  /// `longest`: maximum time between two looks at a run that waits for a subflow.
  explicit parked_check(std::chrono::milliseconds longest = std::chrono::milliseconds{1'000})
      : longest_(longest) {}

  /// An event says that the run may be parked.
  void request(clock::time_point now) {
    pause_ = {};
    at_ = std::max(now, not_before_);
  }
  [[nodiscard]] bool is_due(clock::time_point now) const { return at_ && *at_ <= now; }
  /// The check that was due is being made.
  void begin(clock::time_point now) {
    at_.reset();
    not_before_ = now + tick_interval;
  }
  /// What the check found.
  void found(const run_view& run, clock::time_point now) {
    if (!waits_for(run, "run") || at_) return;
    pause_ = std::clamp(pause_ * 2, tick_interval, longest_);
    at_ = now + pause_;
  }

 private:
  std::chrono::milliseconds longest_;
  std::chrono::milliseconds pause_{0};
  std::optional<clock::time_point> at_;
  clock::time_point not_before_{};
};

}  // namespace pawl::cli
