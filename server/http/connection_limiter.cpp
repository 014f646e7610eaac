#include "server/http/connection_limiter.hpp"

namespace pawl::server::http {

admission connection_limiter::admit(const std::string& peer, bool counted) {
  const std::lock_guard lock{mutex_};
  if (count_ >= limit_) return admission::too_many;
  if (counted) {
    std::uint32_t& peer_count = count_by_peer_[peer];
    if (peer_count >= limit_per_peer_) return admission::too_many_from_peer;
    ++peer_count;
  }
  ++count_;
  return admission::admitted;
}

void connection_limiter::release(const std::string& peer, bool counted) {
  const std::lock_guard lock{mutex_};
  if (counted) {
    const auto found = count_by_peer_.find(peer);
    if (found != count_by_peer_.end() && --found->second == 0) count_by_peer_.erase(found);
  }
  if (--count_ == 0) emptied_.notify_all();
}

std::uint32_t connection_limiter::count() const {
  const std::lock_guard lock{mutex_};
  return count_;
}

bool connection_limiter::wait_until_empty(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock{mutex_};
  return emptied_.wait_until(lock, deadline, [this] { return count_ == 0; });
}

}  // namespace pawl::server::http
