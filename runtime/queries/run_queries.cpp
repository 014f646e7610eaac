#include "runtime/queries/run_queries.hpp"

#include <optional>
#include <string>
#include <utility>

#include "actors/ended_run.hpp"
#include "actors/engine_context.hpp"
#include "persistence/keys.hpp"
#include "persistence/not_found.hpp"
#include "persistence/run_list.hpp"
#include "persistence/runs.hpp"
#include "runtime/core.hpp"
#include "runtime/queries/cursor.hpp"
#include "runtime/queries/parked.hpp"
#include "runtime/queries/reading.hpp"
#include "runtime/queries/run_view.hpp"

namespace pawl {
namespace {

/// Maximum number of records that one page reads. Filtering by flow has no index of its own.
constexpr std::size_t max_records_per_page = 10'000;

}  // namespace

result<run_view> run_queries::get(const run_key& key) const {
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  const auto run = persistence::load_run(*r->now, key);
  if (!run) return run.error();
  if (!*run) return persistence::no_such_run(key.id);
  const auto compiled = r->context->flows.get(*r->now, key.scope, (*run)->state.flow);
  if (!compiled) return compiled.error();
  auto input = persistence::load_input(*r->now, key);
  if (!input) return std::move(input).error();
  run_view shown = make_view((*run)->state, **compiled);
  if (*input) shown.input = *(*input)->data;
  if (shown.parked)
    shown.parked = subflows_are_parked(*r->now, r->context->suspects, (*run)->state);
  if (r->context->suspects.is_quarantined(key)) {
    // Its record says so; its state is as it was.
    auto record = persistence::load_record(*r->now, key);
    if (!record) return std::move(record).error();
    if (*record) shown.summary = std::move((*record)->summary);
    shown.waiting_on.clear();
  }
  return shown;
}

result<run_view> run_queries::view_of(const actors::ended_run& ended) const {
  const run_key& key = ended.summary.key;
  if (!ended.state) return get(key);
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  const auto compiled = r->context->flows.get(*r->now, key.scope, ended.state->flow);
  if (!compiled) return compiled.error();
  return make_view(*ended.state, **compiled);
}

result<run_page> run_queries::list(const scope_name& in, const run_filter& filter) const {
  if (auto good = check_limit(filter.limit); !good) return std::move(good).error();
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  std::string after;
  if (!filter.cursor.empty()) {
    auto end = key_in_cursor(filter.cursor);
    if (!end) return std::move(end).error();
    after = *std::move(end);
  }
  persistence::run_list runs{*r->now, in, filter.status, after};
  run_page page;
  for (std::size_t records = 0;; ++records) {
    auto next = runs.next();
    if (!next) return std::move(next).error();
    if (!*next) return page;
    if (page.runs.size() == filter.limit || records == max_records_per_page) {
      page.next = make_cursor(after);
      return page;
    }
    after = std::move((*next)->order);
    if (!filter.flow || (*next)->run.flow.name == *filter.flow)
      page.runs.push_back(std::move((*next)->run));
  }
}

result<std::vector<run_count>> run_queries::counts(const scope_name& in) const {
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  std::vector<run_count> counts;
  for (const auto status : all_run_statuses) {
    const auto sum = r->now->counter(persistence::keys::runs_with_status(in, status));
    if (!sum) return sum.error();
    counts.push_back({status, static_cast<std::uint64_t>(*sum)});
  }
  return counts;
}

}  // namespace pawl
