#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <pawl/json.hpp>

#include "bench/http_peer.hpp"
#include "bench/remote_subject.hpp"

namespace pawl::bench {

/// A worker in this process. Each of its connections polls a server for many tasks at once and
/// completes them in the request that polls for the next ones. The subject must be stopped before
/// the worker is destroyed.
class remote_worker {
 public:
  static constexpr std::string_view function = "bench.remote";

  explicit remote_worker(remote_subject& server);

  /// Tasks or polls that the server has refused.
  [[nodiscard]] std::uint64_t errors() const noexcept { return errors_; }
  [[nodiscard]] double tasks_per_poll() const noexcept;

 private:
  /// `outcomes`: of the tasks that the connection has; an empty array: none.
  void poll(http_peer& by, json outcomes);
  /// Counts the outcomes that were refused, and returns those of the tasks that came.
  [[nodiscard]] json work_on(const json& answer);

  const http_address at_;
  std::vector<std::unique_ptr<http_peer>> peers_;
  std::atomic<std::uint64_t> errors_{0};
  std::atomic<std::uint64_t> tasks_{0};
  std::atomic<std::uint64_t> polls_{0};
};

}  // namespace pawl::bench
