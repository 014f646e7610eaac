#include "flow/machine/history.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "actors/engine_context.hpp"
#include "flow/values/json_size.hpp"
#include "persistence/not_found.hpp"
#include "persistence/runs.hpp"
#include "runtime/core.hpp"
#include "runtime/queries/reading.hpp"
#include "runtime/queries/run_queries.hpp"

namespace pawl {
namespace {

/// Checkpoints that are read together.
constexpr std::size_t checkpoints_per_read = 100;
/// Size after which a page ends.
constexpr std::size_t max_page_bytes = std::size_t{4} << 20;

using compiled_ptr = std::shared_ptr<const flow::compiled_flow>;

/// The flow version of a run. Errors: `not_found`.
result<compiled_ptr> flow_of(const reading& r, const run_key& key) {
  const auto record = persistence::load_record(*r.now, key);
  if (!record) return record.error();
  if (!*record) return persistence::no_such_run(key.id);
  return r.context->flows.get(*r.now, key.scope, (*record)->summary.flow);
}

}  // namespace

result<std::vector<history_event>> run_queries::history(const run_key& key, std::uint64_t first,
                                                        std::size_t limit) const {
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  const auto compiled = flow_of(*r, key);
  if (!compiled) return compiled.error();
  const auto checkpoints = persistence::load_history(*r->now, key, first, limit);
  if (!checkpoints) return checkpoints.error();
  std::vector<history_event> events;
  for (const auto& c : *checkpoints)
    for (const auto& e : c.events)
      events.push_back(flow::to_history(**compiled, e, c.sequence, c.at));
  return events;
}

result<history_page> run_queries::history_page(const run_key& key, std::uint64_t first,
                                               std::size_t limit) const {
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  const auto compiled = flow_of(*r, key);
  if (!compiled) return compiled.error();
  pawl::history_page page;
  std::size_t bytes = 0;
  while (limit > 0) {
    const std::size_t count = std::min(limit, checkpoints_per_read);
    const auto checkpoints = persistence::load_history(*r->now, key, first, count);
    if (!checkpoints) return checkpoints.error();
    for (const auto& c : *checkpoints) {
      for (const auto& e : c.events) {
        bytes += flow::json_size(e.detail);
        page.events.push_back(flow::to_history(**compiled, e, c.sequence, c.at));
      }
      first = c.sequence + 1;
    }
    if (checkpoints->size() < count) return page;
    limit -= count;
    if (bytes > max_page_bytes) break;
  }
  page.next = first;
  return page;
}

}  // namespace pawl
