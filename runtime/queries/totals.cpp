#include "runtime/queries/totals.hpp"

#include <iterator>
#include <string_view>
#include <utility>

#include "actors/engine_context.hpp"
#include "persistence/keys.hpp"

namespace pawl {
namespace {

using persistence::column, persistence::view;
namespace keys = persistence::keys;

std::uint64_t sum_of(std::string_view counter) {
  return static_cast<std::uint64_t>(persistence::decode_counter(counter).value_or(0));
}

void count_runs(engine_totals& all, std::string_view key, std::string_view value) {
  const auto status = keys::counted_status(key);
  for (auto& each : all.runs)
    if (each.status == status) each.count += sum_of(value);
}
void count_queued(engine_totals& all, std::string_view, std::string_view value) {
  all.tasks_queued += sum_of(value);
}
void count_leased(engine_totals& all, std::string_view, std::string_view) {
  ++all.tasks_leased;
}

/// The records that are counted, and how.
struct part {
  column where;
  view::range (*keys)();
  void (*count)(engine_totals& all, std::string_view key, std::string_view value);
};
constexpr part parts[] = {
    {column::counters, keys::run_counts, count_runs},
    {column::counters, [] { return keys::queued_counts(); }, count_queued},
    {column::indexes, keys::all_leased, count_leased},
};

}  // namespace

totals_query::totals_query(const engine_core& core) : core_(core) {
  for (const auto status : all_run_statuses) totals_.runs.push_back({status, 0});
}

result<bool> totals_query::read(read_budget& turn) {
  if (!from_) {
    auto r = begin_reading(core_);
    if (!r) return std::move(r).error();
    from_ = *std::move(r);
  }
  for (; part_ < std::size(parts); ++part_, last_.clear()) {
    const part& counted = parts[part_];
    view::range range = counted.keys();
    if (!last_.empty()) range.from = last_ + '\0';
    bool complete = true;
    const auto visit = [&](std::string_view key, std::string_view value) {
      complete = !turn.is_spent();
      if (!complete) return view::next::stop;
      counted.count(totals_, key, value);
      turn.spend(key.size() + value.size());
      last_ = key;
      return view::next::more;
    };
    if (const auto scanned = from_->now->scan(counted.where, range, visit); !scanned)
      return scanned.error();
    if (!complete) return false;
  }
  totals_.store = from_->context->store->gauges();
  return true;
}

}  // namespace pawl
