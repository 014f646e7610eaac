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

/// A worker in this process that polls a server for many tasks at once and completes them in one
/// request. The subject must be stopped before the worker is destroyed.
class remote_worker {
 public:
  static constexpr std::string_view function = "bench.remote";

  explicit remote_worker(remote_subject& server);

  /// Tasks or polls that the server has refused.
  [[nodiscard]] std::uint64_t errors() const noexcept { return errors_; }
  [[nodiscard]] double tasks_per_poll() const noexcept;

 private:
  void poll(http_peer& by);
  void complete(const json& tasks);

  const http_address at_;
  std::vector<std::unique_ptr<http_peer>> pollers_;
  std::vector<std::unique_ptr<http_peer>> answerers_;
  std::size_t next_ = 0;
  std::atomic<std::uint64_t> errors_{0};
  std::atomic<std::uint64_t> tasks_{0};
  std::atomic<std::uint64_t> polls_{0};
};

}  // namespace pawl::bench
