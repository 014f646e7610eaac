#pragma once

#include <cstddef>
#include <functional>
#include <mutex>

namespace pawl::server {

/// The commands that came over a socket and have no result yet: the last message waits for them.
/// Safe for concurrent use.
class commands_under_way {
 public:
  void begin();
  /// The result was sent.
  void end();
  /// Calls `what` once there are none: now, or in the `end` of the last. To be called once.
  void when_none(std::function<void()> what);

 private:
  std::mutex mutex_;
  std::size_t count_ = 0;
  std::function<void()> waits_;
};

}  // namespace pawl::server
