#include "runtime/stall_watch.hpp"

namespace pawl {

std::optional<std::chrono::milliseconds> stall_watch::check(steady::time_point now,
                                                            const sender& send) {
  const std::lock_guard lock{mutex_};
  if (last_ && !last_->answered) {
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(now - last_->sent_at);
    if (waited > limit_) return waited;
    return std::nullopt;
  }
  last_ = std::make_shared<probe>();
  last_->sent_at = now;
  send([sent = last_] { sent->answered = true; });
  return std::nullopt;
}

}  // namespace pawl
