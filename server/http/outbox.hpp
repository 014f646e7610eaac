#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <pawl/detail/fair_budget.hpp>

namespace pawl::server::http {

/// The share of a budget that the bytes of an outbox take.
struct outbox_account {
  std::shared_ptr<detail::fair_budget> budget = {};  ///< null: none
  std::string holder = {};
};

/// Output queue of a stream or a WebSocket: any thread adds, the connection takes. Bounded in
/// bytes; an empty queue takes one message of any size. Safe for concurrent use; calls back without
/// holding its lock.
class outbox {
 public:
  /// `wake` is called when `take` has something to return, once until the next `take`. `slot` is
  /// released when the outbox is finished. An outbox that has unsent bytes is full if `in` allows
  /// no more.
  outbox(std::size_t limit_bytes, std::function<void()> wake, std::shared_ptr<void> slot,
         outbox_account in = {});
  outbox(const outbox&) = delete;
  outbox& operator=(const outbox&) = delete;
  ~outbox();

  /// Queues bytes. Returns false if the outbox is closed or full.
  [[nodiscard]] bool put(std::string bytes);
  [[nodiscard]] bool too_slow() const;
  /// Calls `what` when all queued bytes have been sent; immediately if there are none; not at all
  /// if the outbox is finished first. At most one call may be pending.
  void when_drained(std::function<void()> what);
  /// Closes the queue; queued bytes are still sent. `code` and `reason` are for WebSockets.
  void close(unsigned code = 1000, std::string reason = {});
  void on_closed(std::function<void()> what);

  struct batch {
    std::vector<std::string> parts;
    bool ended = false;  ///< closed, and these are the last
    unsigned code = 1000;
    std::string reason = {};
  };
  [[nodiscard]] batch take();
  /// Reports that `bytes` of the taken bytes have been written.
  void sent(std::size_t bytes);
  /// Ends the outbox: nothing more is written. Calls the `on_closed` callbacks.
  void finish();

 private:
  [[nodiscard]] bool reserve(std::size_t bytes);
  void release(std::size_t bytes);

  const std::size_t limit_;
  const outbox_account account_;
  mutable std::mutex mutex_;
  std::function<void()> wake_;
  std::shared_ptr<void> slot_;
  std::vector<std::string> parts_;
  std::size_t unsent_ = 0;  ///< bytes queued or taken, but not sent
  std::vector<std::function<void()>> on_closed_;
  std::function<void()> when_drained_;
  unsigned code_ = 1000;
  std::string reason_;
  bool woken_ = false;
  bool too_slow_ = false;
  bool final_message_used_ = false;  ///< the one message allowed after `too_slow_`
  bool closed_ = false;
  bool finished_ = false;
};

}  // namespace pawl::server::http
