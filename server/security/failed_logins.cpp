#include "server/security/failed_logins.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

namespace pawl::server {
namespace {

constexpr std::size_t network_bytes_of_ipv6 = 8;

/// The key of a peer's bucket.
std::string network_of(const std::string& peer) {
  std::array<char, sizeof(in6_addr)> address{};
  if (::inet_pton(AF_INET6, peer.c_str(), address.data()) != 1) return peer;
  return "6:" + std::string{address.data(), network_bytes_of_ipv6};
}

}  // namespace

failed_logins::decision failed_logins::count(const std::string& peer, time_point now) {
  const std::string network = network_of(peer);
  const std::lock_guard lock{mutex_};
  bucket& mine = bucket_of(network, now);
  const time_point full_at = std::max(mine.full_at, now) + interval_;
  if (full_at - now <= size_) {
    mine = {full_at, false};
    return {};
  }
  return {true, !std::exchange(mine.logged, true),
          std::chrono::ceil<std::chrono::seconds>(full_at - now - size_)};
}

std::size_t failed_logins::peers() const {
  const std::lock_guard lock{mutex_};
  return buckets_.size();
}

failed_logins::bucket& failed_logins::bucket_of(const std::string& peer, time_point now) {
  if (const auto found = buckets_.find(peer); found != buckets_.end()) return found->second;
  if (buckets_.size() >= max_peers_) remove_full_buckets(now);
  const bool has_room = buckets_.size() < max_peers_;
  return buckets_[has_room ? peer : std::string{}];
}

void failed_logins::remove_full_buckets(time_point now) {
  // At most once a second, because it visits every bucket.
  if (now - swept_at_ < std::chrono::seconds{1}) return;
  swept_at_ = now;
  std::erase_if(buckets_, [&](const auto& each) { return each.second.full_at <= now; });
}

}  // namespace pawl::server
