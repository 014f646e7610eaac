#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_set>

namespace pawl::server {

/// A session that passes events on without blocking.
class live_session {
 public:
  virtual ~live_session() = default;

  /// Does the pending work. Called on the thread of `live_streams`, one call at a time.
  virtual void pump() = 0;
  /// Sends a keep-alive to the peer. Called like `pump`.
  virtual void heartbeat() = 0;
  /// Ends the session if its caller has lost the permission. Called like `pump`.
  virtual void check_permission() {}

 private:
  friend class live_streams;
  std::atomic<bool> queued_{false};
};

/// One thread that serves all live streams. Events on the engine's threads only wake a session, so
/// that no run waits for a reader. Safe for concurrent use.
class live_streams {
 public:
  /// `also_check` is called each time that the permissions of the sessions are checked, four times
  /// a second.
  explicit live_streams(std::chrono::milliseconds heartbeat_interval = std::chrono::seconds{15},
                        std::function<void()> also_check = {});
  ~live_streams();
  live_streams(const live_streams&) = delete;
  live_streams& operator=(const live_streams&) = delete;

  /// Holds a session and serves it until it is removed.
  void add(const std::shared_ptr<live_session>& session);
  /// Also forgets its timers.
  void remove(const std::shared_ptr<live_session>& session);
  /// Schedules a `pump` that sees everything done before this call.
  void wake(const std::shared_ptr<live_session>& session);
  /// Schedules a `pump` at a time. Call it in `pump`.
  void wake_at(std::chrono::steady_clock::time_point when,
               const std::shared_ptr<live_session>& session);
  /// Stops the thread and releases all sessions. Call it before the destructor.
  void stop();

 private:
  void serve();
  /// Calls `what` for each session, without the lock.
  template <class What>
  void each_session(std::unique_lock<std::mutex>& lock, What what);

  const std::chrono::milliseconds heartbeat_interval_;
  const std::function<void()> also_check_;
  std::mutex mutex_;  ///< guards the members below
  std::condition_variable changed_;
  std::unordered_set<std::shared_ptr<live_session>> sessions_;
  std::deque<std::shared_ptr<live_session>> ready_;
  std::multimap<std::chrono::steady_clock::time_point, std::weak_ptr<live_session>> timers_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace pawl::server
