#include "runtime/queries/error_group_query.hpp"

#include <algorithm>
#include <utility>

#include <pawl/run.hpp>

namespace pawl {
namespace {

constexpr std::size_t max_compared_failures = 100'000;

run_filter only_failed(run_filter filter) {
  filter.status = run_status::failed;
  filter.cursor.clear();
  filter.order = run_order::newest;
  filter.order_by.clear();
  return filter;
}

}  // namespace

error_group_query::error_group_query(const engine_core& core, scope_name in, run_filter filter,
                                     std::size_t limit)
    : limit_(limit), found_(core, std::move(in), only_failed(std::move(filter))) {}

result<bool> error_group_query::read(read_budget& turn) {
  if (limit_ == 0 || limit_ > max_grouped_runs) {
    return error{errc::invalid_argument, "the limit must be from 1 to " +
                                             std::to_string(max_grouped_runs) + ", not " +
                                             std::to_string(limit_)};
  }
  if (auto begun = found_.begin_turn(); !begun) return std::move(begun).error();
  while (!turn.is_spent()) {
    // The search was complete only if there is no further entry.
    const bool is_full = all_.runs == limit_ || steps_ == max_compared_failures;
    const auto step = found_.next(turn);
    if (!step) return step.error();
    if (is_full || step->at_end) {
      all_.exact = step->at_end;
      all_.search = found_.search();
      return true;
    }
    ++steps_;
    if (step->run) add(*step->run);
  }
  return false;
}

void error_group_query::add(const run_summary& run) {
  ++all_.runs;
  const run_error why = run.error.value_or(run_error{});
  const auto found = groups_.find({why.type, why.node});
  if (found != groups_.end()) {
    ++found->second.count;
  } else if (groups_.size() == max_error_groups) {
    ++all_.others;
  } else {
    groups_.emplace(std::pair{why.type, why.node},
                    run_error_group{why.type, why.node, 1, run.key.id, why.message});
  }
}

run_error_groups error_group_query::take() {
  for (auto& [key, group] : groups_) all_.groups.push_back(std::move(group));
  std::stable_sort(all_.groups.begin(), all_.groups.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  return std::move(all_);
}

}  // namespace pawl
