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

/// Something that reads what has come about and passes it on, without ever waiting.
class live_session {
 public:
  virtual ~live_session() = default;

  /// Does what there is to do now. Called on the thread of `live_streams`, one call at a time.
  virtual void pump() = 0;
  /// Tells the peer that the connection lives. As `pump`.
  virtual void beat() = 0;

 private:
  friend class live_streams;
  std::atomic<bool> queued_{false};
};

/// One thread that serves all live streams: whatever is told on the engine's threads only wakes a
/// session, so that no run waits for a reader. Safe for concurrent use.
class live_streams {
 public:
  explicit live_streams(std::chrono::milliseconds beat_every = std::chrono::seconds{15});
  ~live_streams();
  live_streams(const live_streams&) = delete;
  live_streams& operator=(const live_streams&) = delete;

  /// Keeps a session alive and serves it until it is removed.
  void add(const std::shared_ptr<live_session>& session);
  void remove(const std::shared_ptr<live_session>& session);
  /// `pump` will be called, after whatever was done before this call.
  void wake(const std::shared_ptr<live_session>& session);
  /// Lets go of all sessions; from then on nothing is served. To be called before it ends.
  void stop();

 private:
  void serve();

  const std::chrono::milliseconds beat_every_;
  std::mutex mutex_;  ///< guards what follows
  std::condition_variable changed_;
  std::unordered_set<std::shared_ptr<live_session>> sessions_;
  std::deque<std::shared_ptr<live_session>> ready_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace pawl::server
