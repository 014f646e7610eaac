#include "runtime/queries/statistics_query.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "actors/clock.hpp"
#include "actors/engine_context.hpp"
#include "persistence/query/run_finder.hpp"

namespace pawl {
namespace {

using persistence::column, persistence::view;
namespace keys = persistence::keys;

constexpr std::size_t max_days = 366;
/// Rows of `run_statistics::days` after which no further day begins.
constexpr std::size_t max_rows = 10'000;
/// Runs that cannot be read, after which the oldest or newest one is not looked for any more.
constexpr std::size_t max_damaged = 100;
constexpr std::uint32_t hours_of_day = 24;

std::uint64_t& number_of(run_activity& of, std::optional<run_status> ended) {
  if (!ended) return of.started;
  if (*ended == run_status::completed) return of.completed;
  return *ended == run_status::failed ? of.failed : of.cancelled;
}

std::uint32_t hour_before(time_point now, std::chrono::hours period) {
  return keys::hour_of(now - period);
}

/// The first run in an order; none if there is none that can be read.
result<std::optional<started_run>> first_run(const view& from, const scope_name& in,
                                             run_order order) {
  auto search = persistence::run_finder::make(from, in, {}, order);
  if (!search) return std::move(search).error();
  for (std::size_t tries = 0; tries < max_damaged; ++tries) {
    const auto step = search->next();
    if (!step) return step.error();
    if (step->run) return std::optional{started_run{step->run->key.id, step->run->created_at}};
    if (step->at_end) break;
  }
  return std::optional<started_run>{};
}

}  // namespace

statistics_query::statistics_query(const engine_core& core, scope_name in,
                                   statistics_options options)
    : core_(core), in_(std::move(in)), options_(options) {}

result<bool> statistics_query::read(read_budget& turn) {
  if (!from_)
    if (auto begun = begin(); !begun) return std::move(begun).error();
  const auto complete = read_hours(turn);
  if (!complete || !*complete) return complete;
  end_day();
  add_older();
  return true;
}

result<void> statistics_query::begin() {
  if (options_.days < 1 || options_.days > max_days) {
    return error{errc::invalid_argument, "invalid days: " + std::to_string(options_.days) +
                                             "; use 1 to " + std::to_string(max_days)};
  }
  auto r = begin_reading(core_);
  if (!r) return std::move(r).error();
  from_ = *std::move(r);
  made_.now = from_->context->clock->now();
  return read_totals();
}

result<void> statistics_query::read_totals() {
  for (const auto status : all_run_statuses) {
    const auto sum = from_->now->counter(keys::runs_with_status(in_, status));
    if (!sum) return sum.error();
    made_.runs.push_back({status, static_cast<std::uint64_t>(*sum)});
  }
  auto newest = first_run(*from_->now, in_, run_order::newest);
  if (!newest) return std::move(newest).error();
  made_.newest = *std::move(newest);
  auto oldest = first_run(*from_->now, in_, run_order::oldest);
  if (!oldest) return std::move(oldest).error();
  made_.oldest = *std::move(oldest);
  return {};
}

/// Reads the counters from the last hour to the first that is asked for.
result<bool> statistics_query::read_hours(read_budget& turn) {
  const auto first_day =
      hour_before(made_.now, std::chrono::hours{hours_of_day * (options_.days - 1)}) /
      hours_of_day * hours_of_day;
  auto range =
      keys::runs_in_hours(in_, std::min(first_day, hour_before(made_.now, std::chrono::days{30})));
  range.reverse = true;
  if (!last_.empty()) range.to = last_;
  bool complete = true;
  const auto visit = [&](std::string_view key, std::string_view value) {
    complete = !turn.is_spent();
    if (!complete) return view::next::stop;
    const auto what = keys::counted_hour_of(key);
    const auto sum = persistence::decode_counter(value);
    if (what && sum && *sum > 0) add(*what, static_cast<std::uint64_t>(*sum));
    turn.spend(key.size() + value.size());
    last_ = key;
    return view::next::more;
  };
  if (const auto scanned = from_->now->scan(column::counters, range, visit); !scanned)
    return scanned.error();
  return complete;
}

void statistics_query::add(const keys::counted_hour& what, std::uint64_t runs) {
  const auto is_since = [&](std::chrono::hours period) {
    return what.hour >= hour_before(made_.now, period);
  };
  if (is_since(std::chrono::hours{24})) number_of(made_.last_24_hours, what.ended) += runs;
  if (is_since(std::chrono::days{7})) number_of(made_.last_7_days, what.ended) += runs;
  if (is_since(std::chrono::days{30})) number_of(made_.last_30_days, what.ended) += runs;
  const std::uint32_t day = what.hour / hours_of_day;
  if (day != day_) end_day();
  day_ = day;
  const std::uint32_t today = keys::hour_of(made_.now) / hours_of_day;
  if (day + options_.days > today) number_of(flows_[what.flow], what.ended) += runs;
}

void statistics_query::end_day() {
  if (made_.days.size() >= max_rows) {
    made_.complete = made_.complete && flows_.empty();
  } else {
    const std::chrono::sys_days day{std::chrono::days{day_}};
    for (const auto& [flow, runs] : flows_) made_.days.push_back({day, flow, runs});
  }
  flows_.clear();
}

/// All runs without those of the last 30 days.
void statistics_query::add_older() {
  const auto rest = [](std::uint64_t all, std::uint64_t of_period) {
    return all - std::min(all, of_period);
  };
  std::uint64_t started = 0;
  for (const auto& [status, count] : made_.runs) {
    started += count;
    if (!is_finished(status)) continue;
    number_of(made_.older, status) = rest(count, number_of(made_.last_30_days, status));
  }
  made_.older.started = rest(started, made_.last_30_days.started);
}

}  // namespace pawl
