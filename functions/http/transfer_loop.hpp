#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>

#include <pawl/ids.hpp>
#include <pawl/result.hpp>

#include "functions/http/policy.hpp"
#include "functions/http/request.hpp"
#include "functions/http/transfer.hpp"

namespace pawl::functions::http {

/// Sends requests and reads their responses, all on one thread, which is started with the first.
///
/// The sockets are watched by epoll, so that an event costs the same however many transfers wait.
/// What a transfer does between events is on this thread, too: TLS, decoding, and what the
/// callbacks do with a response. None of it waits.
///
/// The bodies that are read at the same time share `body_memory` bytes (`body_budget`): a transfer
/// whose body is large pauses while there is no room, within its time limit.
///
/// `post` is thread-safe; `send` is for tasks and callbacks on the thread of the loop.
class transfer_loop {
 public:
  using steady = std::chrono::steady_clock;
  using callback = std::function<void(result<response>)>;

  static constexpr std::uint64_t body_memory = 256u << 20;

  explicit transfer_loop(std::uint64_t memory = body_memory);
  /// Ends all transfers (error `cancelled`), whose callbacks have returned when this returns. On
  /// the thread of the loop it does not wait for them.
  ~transfer_loop();
  transfer_loop(const transfer_loop&) = delete;

  /// Runs a task on the thread of the loop, soon. Error: `http_failed`, no thread can be started.
  [[nodiscard]] result<void> post(std::function<void()> task);

  /// Sends a request. `done` is called once, with the response or an error of `transfer`: soon
  /// after `until`, or after `stop` was requested, at the latest; perhaps before this returns.
  /// `scope` is that of the step.
  void send(request what, std::shared_ptr<const policy> rules, const scope_name& scope,
            steady::time_point until, const std::stop_token& stop, callback done);

  /// The times that the thread has woken up so far, to show that it does not poll.
  [[nodiscard]] std::uint64_t wake_ups() const noexcept;

 private:
  class core;
  std::shared_ptr<core> core_;
};

}  // namespace pawl::functions::http
