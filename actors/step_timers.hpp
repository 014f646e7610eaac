#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "actors/engine_time.hpp"
#include "functions/call_timers.hpp"

namespace pawl::actors {

/// The timers of calls that wait, in engine time. They are in memory only: a call that a crash has
/// ended is made again. The actor `timer` fires them. All operations are O(log n). Safe for
/// concurrent use.
class step_timers final : public functions::call_timers {
 public:
  explicit step_timers(std::shared_ptr<const engine_time> time) : time_(std::move(time)) {}

  [[nodiscard]] id start(std::chrono::milliseconds duration, std::function<void()> what) override;
  void cancel(id which) override;

  /// Sets what is called when a timer is started that is due before all others; empty: nothing is.
  /// When this has returned, the one set before is not called any more. `what` must not block.
  void on_earlier(std::function<void()> what);
  /// Calls the functions of all timers that are due.
  void fire_due(time_point engine_now);
  /// When the next timer is due, in engine time. Nothing if there is none.
  [[nodiscard]] std::optional<time_point> next_due() const;

 private:
  using order = std::pair<time_point, id>;

  const std::shared_ptr<const engine_time> time_;
  mutable std::mutex mutex_;  ///< guards the members below
  std::map<order, std::function<void()>> timers_;
  std::unordered_map<id, time_point> due_;
  std::function<void()> on_earlier_;
  id last_id_ = 0;
};

}  // namespace pawl::actors
