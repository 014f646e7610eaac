#include "actors/activity_table.hpp"

#include <chrono>
#include <iterator>

namespace pawl::actors {
namespace {

std::int64_t minute_number(time_point at) {
  return std::chrono::floor<std::chrono::minutes>(at).time_since_epoch().count();
}

void add_to(activity_counts& sum, const activity_counts& what) {
  sum.started += what.started;
  sum.completed += what.completed;
  sum.failed += what.failed;
  sum.cancelled += what.cancelled;
  sum.steps += what.steps;
  sum.step_failures += what.step_failures;
}

}  // namespace

void activity_table::begin(time_point now) {
  const std::lock_guard lock{mutex_};
  if (!since_) since_ = now;
}

void activity_table::add(const scope_name& in, time_point at, const activity_counts& what) {
  const std::int64_t number = minute_number(at);
  const std::lock_guard lock{mutex_};
  minutes_of_scope* found = scopes_.find(in);
  if (found == nullptr) {
    scopes_.add(in, {});
    found = scopes_.find(in);
  }
  // Usually the last one. Commits of different runs can come in another order than their times.
  minutes_of_scope& all = *found;
  auto place = all.end();
  while (place != all.begin() && std::prev(place)->number > number) --place;
  if (place != all.begin() && std::prev(place)->number == number)
    return add_to(std::prev(place)->counts, what);
  all.insert(place, {number, what});
  if (all.size() > max_activity_minutes) all.pop_front();
}

activity activity_table::read(const scope_name& in, time_point now, std::size_t minutes) const {
  const std::int64_t first = minute_number(now) - static_cast<std::int64_t>(minutes) + 1;
  activity series;
  series.from = time_point{std::chrono::minutes{first}};
  series.minutes.resize(minutes);
  const std::lock_guard lock{mutex_};
  series.since = since_.value_or(now);
  const minutes_of_scope* const found = scopes_.find(in);
  if (found == nullptr) return series;
  for (const auto& each : *found) {
    const std::int64_t place = each.number - first;
    if (place >= 0 && place < static_cast<std::int64_t>(minutes))
      series.minutes[static_cast<std::size_t>(place)] = each.counts;
  }
  return series;
}

}  // namespace pawl::actors
