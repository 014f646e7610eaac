#include "runtime/queries/run_page_query.hpp"

#include <algorithm>
#include <utility>

#include "persistence/keys.hpp"
#include "runtime/queries/cursor.hpp"

namespace pawl {
namespace {

/// Maximum number of candidates that one page compares, and that one count does.
constexpr std::size_t max_candidates_per_page = 10'000;
constexpr std::size_t max_candidates_per_count = 100'000;

/// The filter of a count: of all that it selects.
run_filter without_page(run_filter filter) {
  filter.cursor.clear();
  filter.order = run_order::newest;
  filter.order_by.clear();
  return filter;
}

}  // namespace

run_page_query::run_page_query(const engine_core& core, scope_name in, run_filter filter)
    : limit_(filter.limit), found_(core, std::move(in), std::move(filter)) {}

result<bool> run_page_query::read(read_budget& turn) {
  if (auto good = check_limit(limit_); !good) return std::move(good).error();
  if (auto begun = found_.begin_turn(); !begun) return std::move(begun).error();
  while (!turn.is_spent()) {
    // A page is the last one only if there is no further entry.
    const bool is_full = page_.runs.size() == limit_ || steps_ == max_candidates_per_page;
    const std::string next = is_full ? found_.cursor() : std::string{};
    auto step = found_.next(turn);
    if (!step) return std::move(step).error();
    if (is_full && !step->at_end) page_.next = next;
    if (is_full || step->at_end) {
      page_.search = found_.search();
      return true;
    }
    ++steps_;
    if (step->run) page_.runs.push_back(*std::move(step->run));
    if (step->damage) page_.damaged.push_back(std::move(step->damage->message));
  }
  return false;
}

run_count_query::run_count_query(const engine_core& core, scope_name in, run_filter filter)
    : in_(in), found_(core, std::move(in), without_page(std::move(filter))) {}

result<void> run_count_query::read_counters() {
  for (const auto status : all_run_statuses) {
    if (!found_.query().allows(status)) continue;
    const auto sum = found_.now().counter(persistence::keys::runs_with_status(in_, status));
    if (!sum) return sum.error();
    total_.count += static_cast<std::uint64_t>(*sum);
    ++total_.search.keys_read;
  }
  total_.search.index = "counters";
  return {};
}

result<bool> run_count_query::read(read_budget& turn) {
  if (auto begun = found_.begin_turn(); !begun) return std::move(begun).error();
  const auto& terms = found_.query().terms;
  const bool by_status_only = std::all_of(terms.begin(), terms.end(), [](const auto& term) {
    return term.field == persistence::run_field::status;
  });
  if (by_status_only) {
    if (auto done = read_counters(); !done) return std::move(done).error();
    return true;
  }
  if (!std::exchange(begun_, true))
    if (auto ready = found_.ignore_order(); !ready) return std::move(ready).error();
  while (!turn.is_spent()) {
    auto step = found_.next(turn);
    if (!step) return std::move(step).error();
    total_.exact = step->at_end || steps_ < max_candidates_per_count;
    if (step->at_end || !total_.exact) {
      total_.search = found_.search();
      return true;
    }
    ++steps_;
    if (step->run) ++total_.count;
  }
  return false;
}

}  // namespace pawl
