#include "functions/http/body_budget.hpp"

namespace pawl::functions::http {

body_budget::share::~share() {
  if (now_ == state::waiting) from_.waiting_.erase(at_);
  if (now_ != state::taken) return;
  from_.used_ -= bytes_;
  const auto own = from_.used_by_.find(scope_);
  if ((own->second -= bytes_) == 0) from_.used_by_.erase(own);
}

bool body_budget::share::take() {
  if (now_ == state::none && !from_.try_take(*this)) {
    at_ = from_.waiting_.insert(from_.waiting_.end(), this);
    now_ = state::waiting;
  }
  return now_ == state::taken;
}

bool body_budget::try_take(share& for_this) {
  const auto own = used_by_.find(for_this.scope_);
  const auto used_by_scope = own == used_by_.end() ? 0 : own->second;
  if (used_ + for_this.bytes_ > limit_ || used_by_scope + for_this.bytes_ > limit_ / 4 * 3)
    return false;
  used_ += for_this.bytes_;
  used_by_[for_this.scope_] += for_this.bytes_;
  for_this.now_ = share::state::taken;
  return true;
}

void* body_budget::next() {
  for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
    share& first = **at;
    if (!try_take(first)) continue;
    waiting_.erase(at);
    return first.owner_;
  }
  return nullptr;
}

}  // namespace pawl::functions::http
