#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include <pawl/time.hpp>

#include "actors/clock.hpp"

namespace pawl::actors {

/// The time by which durations are measured. It is the time of the wall clock until that is set
/// back. Then it continues at the rate of the monotonic clock, ahead of the wall clock, so that a
/// duration takes as long as it says. It goes forward with the wall clock: what was due while the
/// machine slept is due at once.
///
/// The store keeps how far it is ahead, so it continues after a restart. Safe for concurrent use.
class engine_time {
 public:
  /// `lead`: how far it is ahead of the wall clock.
  explicit engine_time(std::shared_ptr<const clock> of, std::chrono::microseconds lead = {})
      : clock_(std::move(of)), offset_us_(ahead_of_ticks(clock_->now()) + lead.count()) {}

  /// One point in time on both clocks.
  struct reading {
    time_point wall_clock;
    time_point engine_time;
  };
  [[nodiscard]] reading read() const {
    const time_point wall = clock_->now();
    // The ticks are read last: a delay in between must not put the engine time forward for good.
    const std::int64_t ticks = ticks_us();
    const std::int64_t offset = to_unix_us(wall) - ticks;
    std::int64_t most = offset_us_.load(std::memory_order_relaxed);
    while (most < offset &&
           !offset_us_.compare_exchange_weak(most, offset, std::memory_order_relaxed)) {
    }
    return {wall, from_unix_us(ticks + std::max(most, offset))};
  }
  [[nodiscard]] time_point now() const { return read().engine_time; }

  /// How far it is ahead of the wall clock. Zero if the clock was not set back noticeably.
  [[nodiscard]] std::chrono::microseconds lead() const {
    std::chrono::microseconds least = std::chrono::microseconds::max();
    // The delay between the two clocks' readings is not a lead.
    for (int tries = 0; tries < 3; ++tries) {
      const reading at = read();
      least = std::min(least, at.engine_time - at.wall_clock);
    }
    return least < noticeable ? std::chrono::microseconds{0} : least;
  }

  /// A smaller lead is as good as none.
  static constexpr std::chrono::milliseconds noticeable{100};

 private:
  [[nodiscard]] std::int64_t ticks_us() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(clock_->ticks().time_since_epoch())
        .count();
  }
  [[nodiscard]] std::int64_t ahead_of_ticks(time_point wall) const {
    return to_unix_us(wall) - ticks_us();
  }

  const std::shared_ptr<const clock> clock_;
  /// The most that the wall clock has ever been ahead of the monotonic clock.
  mutable std::atomic<std::int64_t> offset_us_;
};

}  // namespace pawl::actors
