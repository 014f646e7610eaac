#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace pawl::server::http {

/// What waits to be written to a stream or a WebSocket: filled from any thread, emptied by the
/// connection. Holds back no more than its limit, and one message that may be longer by itself.
/// Safe for concurrent use; calls back without holding its lock.
class outbox {
 public:
  /// `wake` is called when there is something to `take`, once until it is taken. `place` is let go
  /// when the outbox is finished.
  outbox(std::size_t limit_bytes, std::function<void()> wake, std::shared_ptr<void> place);

  /// False: nothing was queued, because this is closed or as much waits as may.
  [[nodiscard]] bool put(std::string bytes);
  [[nodiscard]] bool too_slow() const;
  /// `what` is called when all that was put has been sent; at once if it has. Not called if this is
  /// finished first. One at a time.
  void when_drained(std::function<void()> what);
  /// Takes no more; what is queued is still written. `code` and `reason` are for WebSockets.
  void close(unsigned code = 1000, std::string reason = {});
  void on_closed(std::function<void()> what);

  struct batch {
    std::vector<std::string> parts;
    bool ended = false;  ///< closed, and these are the last
    unsigned code = 1000;
    std::string reason = {};
  };
  [[nodiscard]] batch take();
  /// So many of the bytes that were taken have been written.
  void sent(std::size_t bytes);
  /// Nothing will be written any more. Calls what waits for that.
  void finish();

 private:
  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::function<void()> wake_;
  std::shared_ptr<void> place_;
  std::vector<std::string> parts_;
  std::size_t waiting_ = 0;  ///< bytes that were put and not sent
  std::vector<std::function<void()>> on_closed_;
  std::function<void()> when_drained_;
  unsigned code_ = 1000;
  std::string reason_;
  bool woken_ = false;
  bool too_slow_ = false;
  bool farewell_used_ = false;  ///< the one message after `too_slow_`
  bool closed_ = false;
  bool finished_ = false;
};

}  // namespace pawl::server::http
