#include "actors/removal_job.hpp"

#include <utility>

namespace pawl::actors {

using persistence::removed_as;

removal_job::removal_job(run_key root) : root_(std::move(root)) {}

result<void> removal_job::begin(const persistence::view& now) {
  // A run that cannot be deleted is refused without holding it.
  if (auto good = persistence::load_removable(now, root_, removed_as::root); !good)
    return std::move(good).error();
  to_hold_.push_back(root_);
  return {};
}

std::vector<run_key> removal_job::take_to_hold() {
  asked_ += to_hold_.size();
  return std::exchange(to_hold_, {});
}

removal_job::next removal_job::on_held(const run_key& run, bool held,
                                       const std::shared_ptr<const persistence::view>& now) {
  --asked_;
  if (held) {
    held_.insert(run);
    family_.push_back({run, {}});
  } else {
    in_use_ = true;
  }
  if (asked_ > 0) return next::wait;
  if (in_use_) return next::in_use;
  if (auto good = extend(*now); !good) {
    refusal_ = std::move(good).error();
    return next::refuse;
  }
  if (!to_hold_.empty()) return next::hold;
  removal_ = std::make_unique<persistence::run_removal>(now, std::move(family_));
  return next::write;
}

result<void> removal_job::extend(const persistence::view& now) {
  for (; checked_ < family_.size(); ++checked_) {
    auto& member = family_[checked_];
    auto record = persistence::load_removable(now, member.key,
                                              checked_ == 0 ? removed_as::root : removed_as::child);
    if (!record) return std::move(record).error();
    member.record = *std::move(record);
    const auto children = persistence::load_children(now, member.key);
    if (!children) return children.error();
    for (const auto& child : *children) to_hold_.push_back({root_.scope, child});
  }
  return {};
}

}  // namespace pawl::actors
