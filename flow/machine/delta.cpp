#include "flow/machine/delta.hpp"

#include <algorithm>

#include <pawl/assert.hpp>

#include "flow/values/json_size.hpp"

namespace pawl::flow {
namespace {

void set_keys(json& object, const json& changes) {
  for (const auto& [key, value] : changes.items()) object[key] = value;
}

/// Applies the changes of tokens, which keep their writes.
void change_tokens(run_state& run, const delta& change) {
  for (const auto id : change.tokens_removed) run.tokens.erase(id);
  for (const auto& after : change.tokens_set) {
    token* const known = run.tokens.find(after.id);
    branch_writes writes = known == nullptr ? branch_writes{} : std::move(known->writes);
    token t = after;
    t.writes = std::move(writes);
    run.tokens.put(std::move(t));
  }
}

}  // namespace

std::string_view to_string(event_kind kind) noexcept {
  switch (kind) {
    case event_kind::run_created:
      return "run_created";
    case event_kind::step_started:
      return "step_started";
    case event_kind::step_finished:
      return "step_finished";
    case event_kind::step_failed:
      return "step_failed";
    case event_kind::condition_evaluated:
      return "condition_evaluated";
    case event_kind::edge_taken:
      return "edge_taken";
    case event_kind::forked:
      return "forked";
    case event_kind::branch_ended:
      return "branch_ended";
    case event_kind::branches_merged:
      return "branches_merged";
    case event_kind::run_completed:
      return "run_completed";
    case event_kind::run_failed:
      return "run_failed";
    case event_kind::run_cancelled:
      return "run_cancelled";
    case event_kind::run_retried:
      return "run_retried";
    case event_kind::run_pausing:
      return "run_pausing";
    case event_kind::run_paused:
      return "run_paused";
    case event_kind::run_resumed:
      return "run_resumed";
    case event_kind::data_updated:
      return "data_updated";
    case event_kind::signal_received:
      return "signal_received";
    case event_kind::signal_awaited:
      return "signal_awaited";
    case event_kind::signal_claimed:
      return "signal_claimed";
    case event_kind::retry_scheduled:
      return "retry_scheduled";
    case event_kind::wait_began:
      return "wait_began";
    case event_kind::timer_fired:
      return "timer_fired";
    case event_kind::interrupted:
      return "interrupted";
    case event_kind::answered:
      return "answered";
    case event_kind::branch_arrived:
      return "branch_arrived";
    case event_kind::branches_joined:
      return "branches_joined";
    case event_kind::branch_dropped:
      return "branch_dropped";
    case event_kind::map_began:
      return "map_began";
    case event_kind::item_finished:
      return "item_finished";
    case event_kind::item_failed:
      return "item_failed";
    case event_kind::compensating:
      return "compensating";
    case event_kind::compensation_started:
      return "compensation_started";
    case event_kind::compensation_finished:
      return "compensation_finished";
    case event_kind::compensation_failed:
      return "compensation_failed";
    case event_kind::in_doubt:
      return "in_doubt";
    case event_kind::task_queued:
      return "task_queued";
    case event_kind::task_leased:
      return "task_leased";
    case event_kind::lease_lost:
      return "lease_lost";
    case event_kind::child_started:
      return "child_started";
    case event_kind::compensation_skipped:
      return "compensation_skipped";
    case event_kind::step_restarted:
      return "step_restarted";
  }
  return "unknown";
}

void apply(run_state& run, const delta& change) {
  PAWL_ASSERT_RUN(change.sequence == run.sequence + 1, "the delta does not follow the state");
  run.sequence = change.sequence;
  run.updated_at = change.at;
  if (change.status) run.status = *change.status;
  if (change.error) run.error = *change.error;
  if (change.output) run.output = change.output;
  if (change.vars) run.vars = change.vars;
  if (change.started_at) run.started_at = *change.started_at;
  if (change.frozen_at) run.frozen_at = *change.frozen_at;
  if (change.compensating) run.compensating = *change.compensating;
  if (change.finished_at) run.finished_at = *change.finished_at;
  if (change.parent_attempt) run.parent_attempt = *change.parent_attempt;
  if (change.attributes) run.attributes = *change.attributes;
  for (const auto& [key, value] : change.data_set.items()) set_data(run, key, value);
  set_keys(run.metadata, change.metadata_set);
  change_tokens(run, change);
  for (const auto& [id, written] : change.writes_set) {
    auto* const t = run.find_token(id);
    PAWL_ASSERT_RUN(t != nullptr, "a delta writes for an unknown token");
    for (const auto& [key, value] : written.items()) t->writes.set(key, value);
  }
  for (const auto& added : change.signals_added) add_signal(run, added);
  for (const auto number : change.signals_claimed) run.inbox.remove(number);
  PAWL_ASSERT_RUN(change.compensations_dropped <= run.compensations.size(),
                  "a delta drops more compensations than there are");
  for (std::uint32_t i = 0; i < change.compensations_dropped; ++i) drop_compensation(run);
  for (const auto& added : change.compensations_added) add_compensation(run, added);
  for (const auto id : change.maps_removed) erase_map(run, id);
  for (const auto& [id, progress] : change.maps_set) change_map(run, id, progress);
  if (change.next_token != 0) run.next_token = change.next_token;
  for (const auto& [node, count] : change.visits) set_visits(run, node, count);
  run.tokens.settle();
}

void set_data(run_state& run, const std::string& key, json value) {
  set_member(run.data.edit(), run.data_bytes, key, std::move(value));
}

void add_signal(run_state& run, signal added) {
  run.next_signal = added.number + 1;
  if (!added.id.empty()) run.signal_ids.add(added.id);
  run.inbox.add(std::move(added));
}

bool erase_map(run_state& run, token_id of) {
  const auto found = run.maps.find(of);
  if (found == run.maps.end()) return false;
  run.map_bytes -= found->second.bytes;
  run.maps.erase(found);
  return true;
}

void add_compensation(run_state& run, compensation added) {
  run.compensation_bytes += json_size(added.args);
  run.compensations.push_back(std::move(added));
}

void drop_compensation(run_state& run) {
  run.compensation_bytes -= json_size(run.compensations.back().args);
  run.compensations.pop_back();
}

void change_map(run_state& run, token_id of, const map_change& change) {
  map_progress& map = run.maps[of];
  run.map_bytes -= map.bytes;
  if (change.items) {
    map = {};
    map.items = *change.items;
    for (std::size_t i = 0; i < map.items.size(); ++i) map.results.push_back(nullptr);
    map.bytes = json_size(map.items) + map.items.size();
  }
  for (const auto& [item, value] : change.results) {
    map.results.at(item) = value;
    map.bytes += json_size(value);
    ++map.done;
  }
  run.map_bytes += map.bytes;
  map.next = change.next;
  map.failed = change.failed;
}

void set_visits(run_state& run, node_index node, std::uint32_t count) {
  if (run.visits.size() <= node) run.visits.resize(node + 1);
  run.visits[node] = count;
}

}  // namespace pawl::flow
