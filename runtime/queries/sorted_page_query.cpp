#include "runtime/queries/sorted_page_query.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "persistence/keys.hpp"
#include "persistence/last_event.hpp"
#include "runtime/queries/cursor.hpp"

namespace pawl {
namespace {

/// Maximum number of runs that are compared with the filter to find those that fit.
constexpr std::size_t max_compared = 100'000;

error too_many(std::size_t most, const char* what) {
  return {errc::invalid_argument,
          "more than " + std::to_string(most) + " runs " + what +
              ", too many to be sorted by their last event; narrow the filter, for example by "
              "status=running, flow=NAME or started>-1d"};
}

/// Where a run is: as in the lists of the index, the latest first.
std::string place_of(const run_summary& run, time_point last) {
  return persistence::keys::order_at(last) + run.key.id.str() + '\0';
}

}  // namespace

sorted_page_query::sorted_page_query(const engine_core& core, scope_name in, run_filter filter)
    : limit_(filter.limit),
      reverse_(filter.order == run_order::updated_first),
      found_(core, std::move(in), std::move(filter)) {}

result<bool> sorted_page_query::read(read_budget& turn) {
  if (auto good = check_limit(limit_); !good) return std::move(good).error();
  if (auto begun = found_.begin_turn(); !begun) return std::move(begun).error();
  while (!turn.is_spent()) {
    auto step = found_.next(turn);
    if (!step) return std::move(step).error();
    if (step->at_end) {
      end_page();
      return true;
    }
    if (++steps_ > max_compared) return too_many(max_compared, "are compared with the filter");
    if (step->damage) page_.damaged.push_back(std::move(step->damage->message));
    if (!step->run) continue;
    if (++runs_ > max_sorted_runs) return too_many(max_sorted_runs, "fit the filter");
    if (auto added = add(*std::move(step->run), turn); !added) return std::move(added).error();
  }
  return false;
}

result<void> sorted_page_query::add(run_summary run, read_budget& turn) {
  const auto last = persistence::find_last_event(found_.now(), run);
  if (!last) {
    if (last.error().code != errc::corrupt) return last.error();
    page_.damaged.push_back("run " + run.key.id.str() + ": " + last.error().message);
    return {};
  }
  turn.spend(last->bytes, last->bytes == 0 ? 0 : 1);
  std::string place = place_of(run, last->at);
  if (is_before_page(place)) return {};
  first_.emplace(std::move(place), std::move(run));
  if (first_.size() > limit_ + 1) first_.erase(reverse_ ? first_.begin() : std::prev(first_.end()));
  return {};
}

bool sorted_page_query::is_before_page(const std::string& place) const {
  const std::string& last = found_.page_begin().order;
  return !last.empty() && (reverse_ ? place >= last : place <= last);
}

void sorted_page_query::end_page() {
  page_.search = found_.search();
  const bool has_more = first_.size() > limit_;
  if (has_more) first_.erase(reverse_ ? first_.begin() : std::prev(first_.end()));
  if (has_more)
    page_.next =
        found_.cursor_at({reverse_ ? first_.begin()->first : std::prev(first_.end())->first, true});
  for (auto& [place, run] : first_) page_.runs.push_back(std::move(run));
  if (reverse_) std::reverse(page_.runs.begin(), page_.runs.end());
}

}  // namespace pawl
