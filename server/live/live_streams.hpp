#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
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

 private:
  friend class live_streams;
  std::atomic<bool> queued_{false};
};

/// One thread that serves all live streams. Events on the engine's threads only wake a session, so
/// that no run waits for a reader. Safe for concurrent use.
class live_streams {
 public:
  explicit live_streams(std::chrono::milliseconds heartbeat_interval = std::chrono::seconds{15});
  ~live_streams();
  live_streams(const live_streams&) = delete;
  live_streams& operator=(const live_streams&) = delete;

  /// Holds a session and serves it until it is removed.
  void add(const std::shared_ptr<live_session>& session);
  void remove(const std::shared_ptr<live_session>& session);
  /// Schedules a `pump` that sees everything done before this call.
  void wake(const std::shared_ptr<live_session>& session);
  /// Stops the thread and releases all sessions. Call it before the destructor.
  void stop();

 private:
  void serve();

  const std::chrono::milliseconds heartbeat_interval_;
  std::mutex mutex_;  ///< guards the members below
  std::condition_variable changed_;
  std::unordered_set<std::shared_ptr<live_session>> sessions_;
  std::deque<std::shared_ptr<live_session>> ready_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace pawl::server
