#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace pawl::server {

/// Rate limiter for requests with an invalid key: one token bucket per peer, with `per_minute`
/// tokens that refill over a minute. IPv6 peers are grouped by their /64 network, the usual size of
/// one subscriber's network. Tracks a bounded number of peers; the others share one bucket. Safe
/// for concurrent use.
class failed_logins {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `per_minute`: at least 1.
  explicit failed_logins(std::uint32_t per_minute, std::size_t max_peers = 10'000)
      : interval_(std::chrono::nanoseconds{std::chrono::minutes{1}} / per_minute),
        size_(interval_ * per_minute),
        max_peers_(max_peers) {}

  struct decision {
    bool limited = false;                ///< the peer is over its limit
    bool should_log = true;              ///< false after the first limited failure in a row
    std::chrono::seconds retry_after{};  ///< at least 1 if limited
  };
  /// Counts one failure of `peer`, an address without port.
  [[nodiscard]] decision count(const std::string& peer, time_point now);

  [[nodiscard]] std::size_t peers() const;

 private:
  struct bucket {
    time_point full_at{};  ///< when all tokens are back, one per `interval_`
    bool logged = false;
  };

  bucket& bucket_of(const std::string& peer, time_point now);
  void remove_full_buckets(time_point now);

  const std::chrono::nanoseconds interval_;
  const std::chrono::nanoseconds size_;
  const std::size_t max_peers_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, bucket> buckets_;
  time_point swept_at_{};
};

}  // namespace pawl::server
