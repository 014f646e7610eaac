#include "actors/flow_cache.hpp"

#include <utility>

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
  allowed.history_checkpoints = s.retention.history;
  allowed.history_arguments = s.history.arguments;
  allowed.max_history_value_bytes = s.history.max_value_bytes;
  return allowed;
}

result<flow_cache::flow_ptr> flow_cache::get(const persistence::view& from, const scope_name& scope,
                                             const flow_version_id& id) {
  if (auto known = find({scope, id})) return known;
  auto bytes = from.get(persistence::column::flows, persistence::keys::flow_version(scope, id));
  if (!bytes) return std::move(bytes).error();
  if (!*bytes) return persistence::no_such_version(id);
  auto record = persistence::decode_flow(**bytes);
  if (!record) return std::move(record).error();
  auto compiled =
      flow::compile(record->definition, id.version, allowed_, flow::definition_origin::stored)
          .flow_or_error();
  if (!compiled) return compiled;
  return put(scope, *std::move(compiled), (*bytes)->size());
}

flow_cache::flow_ptr flow_cache::put(const scope_name& scope, flow_ptr compiled,
                                     std::size_t definition_bytes) {
  const std::uint64_t size = estimated_bytes(definition_bytes);
  key of{scope, compiled->id()};
  entries::entries dropped;  // destroyed after the lock is released
  const std::lock_guard lock{mutex_};
  if (const auto* const known = entries_.find(of)) return *known;
  if (entries_.can_hold(size)) dropped = entries_.add(std::move(of), compiled, size);
  return compiled;
}

flow_cache::flow_ptr flow_cache::find(const key& of) {
  const std::lock_guard lock{mutex_};
  const auto* const found = entries_.find(of);
  return found == nullptr ? nullptr : *found;
}

std::uint64_t flow_cache::bytes() const {
  const std::lock_guard lock{mutex_};
  return entries_.weight();
}

std::size_t flow_cache::size() const {
  const std::lock_guard lock{mutex_};
  return entries_.size();
}

std::size_t flow_cache::key_hash::operator()(const key& k) const noexcept {
  const auto& v = k.id.version;
  std::size_t hash = std::hash<scope_name>{}(k.scope);
  for (const std::size_t part : {std::hash<flow_name>{}(k.id.name), std::size_t{v.major},
                                 std::size_t{v.minor}, std::size_t{v.patch}})
    hash = hash * 31 + part;
  return hash;
}

}  // namespace pawl::actors
