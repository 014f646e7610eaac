#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace pawl::server {

/// Limits how many requests with a wrong key a peer may send, by a token bucket for each: so many
/// at once, and so many a minute from then on. Of IPv6 the first 64 bits count, which is what one
/// customer has. Holds a bounded number of peers; those beyond it share one bucket. Safe for
/// concurrent use.
class failed_logins {
 public:
  using moment = std::chrono::steady_clock::time_point;

  /// `per_minute`: at least 1.
  explicit failed_logins(std::uint32_t per_minute, std::size_t max_peers = 10'000)
      : interval_(std::chrono::nanoseconds{std::chrono::minutes{1}} / per_minute),
        size_(interval_ * per_minute),
        max_peers_(max_peers) {}

  struct verdict {
    bool limited = false;                ///< the peer has had its share
    bool worth_telling = true;           ///< false for all but the first that is limited
    std::chrono::seconds retry_after{};  ///< at least 1 where it is limited
  };
  /// Counts one failure of `peer`, an address without port.
  [[nodiscard]] verdict count(const std::string& peer, moment now);

  [[nodiscard]] std::size_t peers() const;

 private:
  struct bucket {
    moment full_at{};  ///< what is missing comes back, one `interval_` each
    bool told = false;
  };

  bucket& bucket_of(const std::string& peer, moment now);
  void forget_full_ones(moment now);

  const std::chrono::nanoseconds interval_;
  const std::chrono::nanoseconds size_;
  const std::size_t max_peers_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, bucket> buckets_;
  moment swept_at_{};
};

}  // namespace pawl::server
