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

/// An event of a run, delivered live. Events with a `checkpoint` are delivered after they became
/// durable; "step_log", "step_progress" and "run_deleted", the last event of a run that is deleted,
/// have none (0) and are not stored.
struct live_event {
  run_key run;
  history_event what;
};

/// A bounded queue of live events, filled by an engine. Ends when the engine stops or when the
/// queue overflows. Releasing the last reference unsubscribes. Safe for concurrent use.
class subscription {
 public:
  /// Subscribes to one run, or to all runs of a scope if the id is empty. If the scope is empty
  /// too: to the events without a checkpoint ("step_log", "step_progress", "run_deleted") of all
  /// scopes.
  subscription(run_key of, std::size_t capacity) : of_(std::move(of)), capacity_(capacity) {}

  /// Returns the next event and waits up to `timeout` for it. None if no event came or the
  /// subscription has ended.
  [[nodiscard]] std::optional<live_event> next(std::chrono::milliseconds timeout);
  /// Returns the next event if there is one. Does not wait.
  [[nodiscard]] std::optional<live_event> try_next();
  /// Sets a function that is called when the empty queue receives an event and when the
  /// subscription ends; at once if either has happened. It is called on several threads of the
  /// engine: it must be fast, must not throw, and may only call `try_next`, `ended` and
  /// `overflowed` of this object. Set it at most once.
  void on_event(std::function<void()> notify);

  /// Returns true if no further event will come.
  [[nodiscard]] bool ended() const;
  /// Returns true if the queue overflowed. Events were lost; read the history.
  [[nodiscard]] bool overflowed() const;

  /// For the engine: adds an event that matches the subscription.
  void push(const live_event& what);
  /// For the engine: ends the subscription.
  void end();

 private:
  [[nodiscard]] bool matches(const live_event& what) const noexcept;

  const run_key of_;
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<const std::function<void()>> notify_;
  std::deque<live_event> events_;
  bool ended_ = false;
  bool overflowed_ = false;
};

}  // namespace pawl
