#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace pawl::server::http {

enum class admission { admitted, too_many, too_many_from_peer };

/// Limits connections in total and per peer. Safe for concurrent use.
class connection_limiter {
 public:
  connection_limiter(std::uint32_t limit, std::uint32_t limit_per_peer)
      : limit_(limit), limit_per_peer_(limit_per_peer) {}

  /// Admits a connection, or returns the limit that forbids it. The per-peer limit applies only if
  /// `counted`.
  [[nodiscard]] admission admit(const std::string& peer, bool counted);
  /// Releases an admitted connection; takes the arguments of its `admit`.
  void release(const std::string& peer, bool counted);
  [[nodiscard]] std::uint32_t count() const;
  /// Waits until there are no connections. Returns false at the deadline.
  [[nodiscard]] bool wait_until_empty(std::chrono::steady_clock::time_point deadline);

 private:
  const std::uint32_t limit_;
  const std::uint32_t limit_per_peer_;
  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  std::uint32_t count_ = 0;
  std::unordered_map<std::string, std::uint32_t> count_by_peer_;
};

}  // namespace pawl::server::http
