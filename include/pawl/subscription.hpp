#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>

#include <pawl/run.hpp>

namespace pawl {

/// Something that happened in a run, told as it happens. Events with a `checkpoint` are told after
/// they became durable; "step_log" and "step_progress" have none (0) and are not stored.
struct live_event {
  run_key run;
  history_event what;
};

/// A queue of live events, filled by an engine. Ends when the engine stops or when its reader did
/// not keep up. Dropping the last reference unsubscribes. Safe for concurrent use.
class subscription {
 public:
  subscription(run_key of, std::size_t capacity) : of_(std::move(of)), capacity_(capacity) {}

  /// The next event; waits up to `timeout` for one. Nothing: none came, or the subscription ended.
  [[nodiscard]] std::optional<live_event> next(std::chrono::milliseconds timeout);

  /// True when no further event will come.
  [[nodiscard]] bool ended() const;
  /// True if it ended because its reader was too slow: events were lost; read the history.
  [[nodiscard]] bool overflowed() const;

  /// For the engine: adds an event if it is of the subscribed run or scope.
  void push(const live_event& what);
  /// For the engine: no further event will come.
  void end();

 private:
  const run_key of_;
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<live_event> events_;
  bool ended_ = false;
  bool overflowed_ = false;
};

}  // namespace pawl
