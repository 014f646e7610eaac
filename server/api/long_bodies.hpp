#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include <pawl/detail/fair_budget.hpp>

#include "actors/job_pool.hpp"

namespace pawl::server {

/// Handles requests with a long body on a thread of its own: to parse megabytes takes many
/// milliseconds, during which the connections of a server thread would have to wait. Scopes take
/// turns. Safe for concurrent use.
class long_bodies {
 public:
  /// A body up to this length is parsed within 1 ms or so.
  static constexpr std::size_t long_bytes = std::size_t{64} << 10;
  /// Bytes of waiting bodies, which the scopes share (`detail::fair_budget`). Beyond its share a
  /// request is handled in place, so that its server thread reads no further ones meanwhile.
  static constexpr std::size_t most_waiting = std::size_t{64} << 20;

  long_bodies() : threads_("pawl.bodies", 1) {}

  /// Calls `handle`, which must not throw, now or later. `bytes`: the length of the body.
  void handle(const std::string& scope, std::size_t bytes, std::function<void()> handle);
  /// Calls `handle`, which must not throw, later on the other thread, whatever the length: for work
  /// that waits for the disk. Returns false, without a call, if too many bytes of
  /// the scope wait.
  [[nodiscard]] bool try_post(const std::string& scope, std::size_t bytes,
                              std::function<void()> handle);
  /// Handles what waits, then ends the thread. Must not be called from `handle`.
  void stop() { threads_.stop(); }
  /// Requests that were not handled in place.
  [[nodiscard]] std::uint64_t handled_elsewhere() const noexcept { return elsewhere_; }

 private:
  void post(const std::string& scope, std::size_t bytes, std::function<void()> handle);

  detail::fair_budget waiting_{most_waiting};
  std::atomic<std::uint64_t> elsewhere_{0};
  actors::job_pool threads_;
};

}  // namespace pawl::server
