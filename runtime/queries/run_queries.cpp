#include "runtime/queries/run_queries.hpp"

#include <optional>
#include <utility>

#include "actors/ended_run.hpp"
#include "actors/engine_context.hpp"
#include "persistence/keys.hpp"
#include "persistence/not_found.hpp"
#include "persistence/run_removal.hpp"
#include "persistence/runs.hpp"
#include "runtime/core.hpp"
#include "runtime/queries/parked.hpp"
#include "runtime/queries/reading.hpp"
#include "runtime/queries/run_view.hpp"

namespace pawl {
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
  const auto kept = persistence::is_kept(*r->now, key);
  if (!kept) return kept.error();
  run_view shown = make_view((*run)->state, **compiled, r->context->engine_time->lead());
  shown.kept = *kept;
  if (*input) {
    shown.input = *(*input)->data;
    shown.started_by = std::move((*input)->started_by);
  }
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

std::optional<run_view> run_queries::view_in_memory(const actors::ended_run& ended) const {
  const auto context = core_.running();
  if (!ended.state || !context) return std::nullopt;
  const auto compiled = context->flows.find(ended.summary.key.scope, ended.state->flow);
  if (!compiled) return std::nullopt;
  return make_view(*ended.state, *compiled, {});
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
