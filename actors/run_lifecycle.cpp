#include "actors/run_lifecycle.hpp"

#include <utility>

namespace pawl::actors {

void run_lifecycle::on_message() noexcept {
  ++received_;
  if (state_ == state::idle) state_ = resumed_ ? state::active : state::dormant;
  if (state_ == state::lingering) state_ = state::active;
}

void run_lifecycle::on_loaded() noexcept {
  if (state_ == state::loading) state_ = state::dormant;
}

bool run_lifecycle::resume() noexcept {
  if (state_ == state::dormant) state_ = state::active;
  return !std::exchange(resumed_, true);
}

void run_lifecycle::shut_down() noexcept {
  reported_ = state_ == state::idle || (state_ == state::stopping && reported_);
  state_ = state::stopping;
}

void run_lifecycle::on_pending_commits() noexcept {
  if (state_ == state::lingering) state_ = state::active;
}

void run_lifecycle::on_linger_over(std::uint64_t received) noexcept {
  linger_timer_runs_ = false;
  lingered_at_ = received;
}

run_lifecycle::next_step run_lifecycle::settle(bool parked, bool may_linger) noexcept {
  const bool nothing_to_do = parked || !resumed_;
  next_step next;
  if (state_ == state::stopping) {
    next.report_idle = nothing_to_do && !std::exchange(reported_, true);
    next.end = true;
  } else if (state_ == state::idle) {
    return next;
  } else if (!nothing_to_do) {
    if (state_ == state::lingering) state_ = state::active;
  } else if (resumed_ && may_linger && lingered_at_ != received_) {
    state_ = state::lingering;
    next.start_linger_timer = !std::exchange(linger_timer_runs_, true);
  } else {
    state_ = state::idle;
    next.report_idle = true;
  }
  return next;
}

}  // namespace pawl::actors
