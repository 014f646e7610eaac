#pragma once

#include <cstddef>
#include <functional>
#include <mutex>

namespace pawl::server {

/// The commands of a WebSocket that have no result yet. The last message waits for them. Safe for
/// concurrent use.
class pending_commands {
 public:
  void begin();
  /// Call after the result was sent.
  void end();
  /// Calls `what` when there are no pending commands: immediately, or in the last `end`. Call at
  /// most once.
  void when_idle(std::function<void()> what);

 private:
  std::mutex mutex_;
  std::size_t count_ = 0;
  std::function<void()> on_idle_;
};

}  // namespace pawl::server
