#include "runtime/queries/history.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "actors/engine_context.hpp"
#include "flow/machine/history.hpp"
#include "flow/values/json_size.hpp"
#include "persistence/not_found.hpp"
#include "persistence/runs.hpp"

namespace pawl {
namespace {

using compiled_ptr = std::shared_ptr<const flow::compiled_flow>;

/// The flow version of a run. Errors: `not_found`.
result<compiled_ptr> flow_of(const reading& r, const run_key& key) {
  const auto record = persistence::load_record(*r.now, key);
  if (!record) return record.error();
  if (!*record) return persistence::no_such_run(key.id);
  return r.context->flows.get(*r.now, key.scope, (*record)->summary.flow);
}

}  // namespace

result<std::vector<history_event>> read_checkpoint(const reading& r, const run_key& key,
                                                   std::uint64_t sequence) {
  const auto compiled = flow_of(r, key);
  if (!compiled) return compiled.error();
  const auto found = persistence::load_history(*r.now, key, sequence, 1);
  if (!found) return found.error();
  std::vector<history_event> events;
  for (const auto& c : *found)
    for (const auto& e : c.events)
      if (c.sequence == sequence)
        events.push_back(flow::to_history(**compiled, e, c.sequence, c.at));
  return events;
}

history_query::history_query(const engine_core& core, run_key key, std::uint64_t first,
                             std::size_t limit, std::size_t max_bytes)
    : core_(core), key_(std::move(key)), next_(first), left_(limit), max_bytes_(max_bytes) {}

result<bool> history_query::read(read_budget& turn) {
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  const auto compiled = flow_of(*r, key_);
  if (!compiled) return compiled.error();
  bool complete = true;
  const auto visit = [&](persistence::checkpoint_events what, std::size_t bytes) {
    if (left_ == 0 || bytes_ > max_bytes_) {
      page_.next = next_;
      return persistence::view::next::stop;
    }
    complete = !turn.is_spent();
    if (!complete) return persistence::view::next::stop;
    for (const auto& e : what.events) {
      bytes_ += flow::json_size(e.detail);
      page_.events.push_back(flow::to_history(**compiled, e, what.sequence, what.at));
    }
    next_ = what.sequence + 1;
    --left_;
    turn.spend(bytes);
    return persistence::view::next::more;
  };
  if (const auto visited = persistence::visit_history(*r->now, key_, next_, visit); !visited)
    return visited.error();
  return complete;
}

}  // namespace pawl
