#include "actors/lease_table.hpp"

#include <pawl/assert.hpp>

namespace pawl::actors {

steady_time lease_table::put(const task_key& key, lease l, steady_time now) {
  erase(key);
  const auto end = now + l.length;
  ends_.emplace(end, key);
  leases_.insert_or_assign(key, entry{std::move(l), end});
  return end;
}

void lease_table::erase(const task_key& key) {
  const auto found = leases_.find(key);
  if (found == leases_.end()) return;
  ends_.erase({found->second.end, key});
  leases_.erase(found);
}

lease* lease_table::find(const task_key& key, std::uint64_t number) {
  const auto found = leases_.find(key);
  const bool is_it = found != leases_.end() && found->second.what.number == number;
  return is_it ? &found->second.what : nullptr;
}

void lease_table::renew(const task_key& key, steady_time now) {
  const auto found = leases_.find(key);
  PAWL_ASSERT(found != leases_.end(), "only an existing lease is renewed");
  ends_.erase({found->second.end, key});
  found->second.end = now + found->second.what.length;
  ends_.emplace(found->second.end, key);
}

std::optional<steady_time> lease_table::next_end() const {
  if (ends_.empty()) return std::nullopt;
  return ends_.begin()->first;
}

std::optional<lease_table::task_key> lease_table::first_ended(steady_time now) const {
  if (ends_.empty() || ends_.begin()->first > now) return std::nullopt;
  return ends_.begin()->second;
}

lease& lease_table::at(const task_key& key) {
  const auto found = leases_.find(key);
  PAWL_ASSERT(found != leases_.end(), "an ended lease is in the table");
  return found->second.what;
}

}  // namespace pawl::actors
