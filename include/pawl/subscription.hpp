#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
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
  /// Of one run, or of all of a scope where the id is empty. Without a scope: of no run, but what
  /// the steps of all say while they run (events without a checkpoint).
  subscription(run_key of, std::size_t capacity) : of_(std::move(of)), capacity_(capacity) {}

  /// The next event; waits up to `timeout` for one. Nothing: none came, or the subscription ended.
  [[nodiscard]] std::optional<live_event> next(std::chrono::milliseconds timeout);
  /// The next event if there is one; does not wait.
  [[nodiscard]] std::optional<live_event> try_next();
  /// For readers that do not wait: `told` is called when there is something to read again after
  /// nothing was, and when the subscription ends; at once if it is so already. It is called on
  /// several threads of the engine: it must be quick, must not throw, and may call nothing of the
  /// engine but `try_next`, `ended` and `overflowed` here. To be set once.
  void on_event(std::function<void()> told);

  /// True when no further event will come.
  [[nodiscard]] bool ended() const;
  /// True if it ended because its reader was too slow: events were lost; read the history.
  [[nodiscard]] bool overflowed() const;

  /// For the engine: adds an event if it is of the subscribed run or scope.
  void push(const live_event& what);
  /// For the engine: no further event will come.
  void end();

 private:
  [[nodiscard]] bool is_of(const live_event& what) const noexcept;

  const run_key of_;
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<const std::function<void()>> told_;
  std::deque<live_event> events_;
  bool ended_ = false;
  bool overflowed_ = false;
};

}  // namespace pawl
