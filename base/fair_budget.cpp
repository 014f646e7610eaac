#include <pawl/detail/fair_budget.hpp>

#include <pawl/assert.hpp>

namespace pawl::detail {

bool fair_budget::allows(std::uint64_t held, std::uint64_t bytes) const noexcept {
  if (used_ == 0) return true;
  if (used_ >= most_ || bytes > most_ - used_) return false;
  return held == 0 || held + bytes <= most_ - used_ - bytes;
}

void fair_budget::add(std::string_view holder, std::uint64_t bytes) {
  const auto found = held_.find(holder);
  if (found == held_.end()) {
    held_.emplace(holder, bytes);
  } else {
    found->second += bytes;
  }
  used_ += bytes;
}

bool fair_budget::try_take(std::string_view holder, std::uint64_t bytes) {
  if (bytes == 0) return true;
  const std::lock_guard lock{mutex_};
  const auto found = held_.find(holder);
  if (!allows(found == held_.end() ? 0 : found->second, bytes)) return false;
  add(holder, bytes);
  return true;
}

void fair_budget::take(std::string_view holder, std::uint64_t bytes) {
  if (bytes == 0) return;
  const std::lock_guard lock{mutex_};
  add(holder, bytes);
}

void fair_budget::give_back(std::string_view holder, std::uint64_t bytes) {
  if (bytes == 0) return;
  const std::lock_guard lock{mutex_};
  const auto found = held_.find(holder);
  PAWL_ASSERT(found != held_.end() && found->second >= bytes, "only taken bytes are given back");
  used_ -= bytes;
  if ((found->second -= bytes) == 0) held_.erase(found);
}

std::uint64_t fair_budget::used() const {
  const std::lock_guard lock{mutex_};
  return used_;
}

std::uint64_t fair_budget::used_by(std::string_view holder) const {
  const std::lock_guard lock{mutex_};
  const auto found = held_.find(holder);
  return found == held_.end() ? 0 : found->second;
}

}  // namespace pawl::detail
