#include "actors/flow_cache.hpp"

#include "persistence/codec.hpp"
#include "persistence/keys.hpp"
#include "persistence/not_found.hpp"

namespace pawl::actors {

flow::limits flow_limits(const settings& s) {
  flow::limits allowed;
  allowed.max_bytes = s.flow.max_bytes;
  allowed.max_depth = s.flow.max_depth;
  allowed.max_nodes = s.flow.max_nodes;
  allowed.max_edges = s.flow.max_edges;
  allowed.max_visits = s.run.default_max_visits;
  allowed.max_tokens = s.run.max_tokens;
  allowed.max_state_bytes = s.run.max_state_bytes;
  allowed.max_signals = s.run.max_signals;
  allowed.max_signal_bytes = s.run.max_signal_bytes;
  allowed.max_map_items = s.run.max_map_items;
  allowed.max_nesting = s.run.max_nesting;
  allowed.max_lost_leases = s.worker.max_lost_leases;
  return allowed;
}

result<std::shared_ptr<const flow::compiled_flow>> flow_cache::get(const persistence::view& from,
                                                                   const scope_name& scope,
                                                                   const flow_version_id& id) {
  {
    const std::lock_guard lock{mutex_};
    if (const auto found = known_.find({scope, id}); found != known_.end()) return found->second;
  }
  auto bytes = from.get(persistence::column::flows, persistence::keys::flow_version(scope, id));
  if (!bytes) return std::move(bytes).error();
  if (!*bytes) return persistence::no_such_version(id);
  auto record = persistence::decode_flow(**bytes);
  if (!record) return std::move(record).error();
  auto compiled = flow::compile(record->definition, id.version, allowed_).flow_or_error();
  if (compiled) put(scope, *compiled);
  return compiled;
}

result<version> flow_cache::published(const persistence::view& from, const scope_name& scope,
                                      const flow_name& flow) {
  auto bytes = from.get(persistence::column::flows, persistence::keys::flow_head(scope, flow));
  if (!bytes) return std::move(bytes).error();
  if (!*bytes) return persistence::no_such_flow(flow);
  const auto head = persistence::decode_flow_head(**bytes);
  if (!head) return head.error();
  if (head->deleted) return persistence::no_such_flow(flow);
  if (head->published) return *head->published;
  return error{errc::not_found,
               "flow \"" + flow.str() + "\" has no published version; name one, or publish one"};
}

void flow_cache::put(const scope_name& scope, std::shared_ptr<const flow::compiled_flow> compiled) {
  const std::lock_guard lock{mutex_};
  // Runs hold on to their own flow; what is dropped here is only read and compiled once more.
  if (known_.size() >= capacity) known_.erase(known_.begin());
  known_.insert_or_assign({scope, compiled->id()}, std::move(compiled));
}

}  // namespace pawl::actors
