#include "runtime/queries/run_page_query.hpp"

#include <utility>

#include "persistence/run_list.hpp"
#include "runtime/queries/cursor.hpp"
#include "runtime/queries/reading.hpp"

namespace pawl {
namespace {

/// Maximum number of records that one page reads. Filtering by flow has no index of its own.
constexpr std::size_t max_records_per_page = 10'000;

}  // namespace

run_page_query::run_page_query(const engine_core& core, scope_name in, run_filter filter)
    : core_(core), in_(std::move(in)), filter_(std::move(filter)) {}

result<bool> run_page_query::read(read_budget& turn) {
  if (auto good = check_limit(filter_.limit); !good) return std::move(good).error();
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  if (!std::exchange(begun_, true) && !filter_.cursor.empty()) {
    auto end = key_in_cursor(filter_.cursor);
    if (!end) return std::move(end).error();
    after_ = *std::move(end);
  }
  persistence::run_list runs{*r->now, in_, filter_.status, after_};
  while (!turn.is_spent()) {
    auto next = runs.next();
    if (!next) return std::move(next).error();
    if (!*next) return true;
    if (page_.runs.size() == filter_.limit || records_ == max_records_per_page) {
      page_.next = make_cursor(after_);
      return true;
    }
    ++records_;
    turn.spend((*next)->bytes);
    after_ = std::move((*next)->order);
    if (!filter_.flow || (*next)->run.flow.name == *filter_.flow)
      page_.runs.push_back(std::move((*next)->run));
  }
  return false;
}

}  // namespace pawl
