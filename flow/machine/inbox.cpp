#include "flow/machine/inbox.hpp"

#include <utility>

#include "flow/values/json_size.hpp"

namespace pawl::flow {

inbox::inbox(std::vector<signal> signals) {
  for (auto& each : signals) add(std::move(each));
}

const signal* inbox::find(std::string_view type) const noexcept {
  const auto found = by_type_.find(type);
  return found == by_type_.end() ? nullptr : &signals_.at(*found->second.begin());
}

const std::set<std::uint64_t>& inbox::of_type(std::string_view type) const noexcept {
  static const std::set<std::uint64_t> none;
  const auto found = by_type_.find(type);
  return found == by_type_.end() ? none : found->second;
}

std::vector<std::string_view> inbox::types() const {
  std::vector<std::string_view> all;
  all.reserve(by_type_.size());
  for (const auto& [type, numbers] : by_type_) all.emplace_back(type);
  return all;
}

void inbox::add(signal added) {
  bytes_ += json_size(added.payload);
  by_type_[added.type].insert(added.number);
  const auto number = added.number;
  signals_.emplace_hint(signals_.end(), number, std::move(added));
}

void inbox::remove(std::uint64_t number) {
  const auto found = signals_.find(number);
  if (found == signals_.end()) return;
  bytes_ -= json_size(found->second.payload);
  const auto of_type = by_type_.find(found->second.type);
  of_type->second.erase(number);
  if (of_type->second.empty()) by_type_.erase(of_type);
  signals_.erase(found);
}

recent_ids::recent_ids(std::vector<std::string> ids) {
  for (const auto& id : ids) add(id);
}

void recent_ids::add(const std::string& id) {
  if (ids_.size() == most) {
    known_.erase(known_.find(ids_.front()));
    ids_.pop_front();
  }
  ids_.push_back(id);
  known_.insert(id);
}

}  // namespace pawl::flow
