#include "server/http/admission.hpp"

namespace pawl::server::http {

admission admissions::admit(const std::string& peer, bool counted) {
  const std::lock_guard lock{mutex_};
  if (present_ >= limit_) return admission::too_many;
  if (counted) {
    std::uint32_t& of_peer = of_peer_[peer];
    if (of_peer >= limit_per_peer_) return admission::too_many_of_peer;
    ++of_peer;
  }
  ++present_;
  return admission::admitted;
}

void admissions::leave(const std::string& peer, bool counted) {
  const std::lock_guard lock{mutex_};
  if (counted) {
    const auto found = of_peer_.find(peer);
    if (found != of_peer_.end() && --found->second == 0) of_peer_.erase(found);
  }
  if (--present_ == 0) emptied_.notify_all();
}

std::uint32_t admissions::present() const {
  const std::lock_guard lock{mutex_};
  return present_;
}

bool admissions::wait_until_empty(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock{mutex_};
  return emptied_.wait_until(lock, deadline, [this] { return present_ == 0; });
}

}  // namespace pawl::server::http
