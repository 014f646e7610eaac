#include "flow/delta.hpp"

#include <pawl/assert.hpp>

namespace pawl::flow {
namespace {

void set_keys(json& object, const json& changes) {
  for (const auto& [key, value] : changes.items()) object[key] = value;
}

/// Takes over the new tokens' places; writes stay with the tokens that are still there.
void replace_tokens(run_state& run, const std::vector<token>& after) {
  std::vector<token> replaced = after;
  for (auto& t : replaced)
    if (auto* const before = run.find_token(t.id)) t.writes = std::move(before->writes);
  run.tokens = std::move(replaced);
}

}  // namespace

std::string_view to_string(event_kind kind) noexcept {
  switch (kind) {
    case event_kind::run_created:
      return "run_created";
    case event_kind::run_started:
      return "run_started";
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
  }
  return "unknown";
}

void apply(run_state& run, const delta& change) {
  PAWL_ASSERT(change.sequence == run.sequence + 1, "a delta was applied to the wrong state");
  run.sequence = change.sequence;
  run.updated_at = change.at;
  if (change.status) run.status = *change.status;
  if (change.error) run.error = *change.error;
  if (change.started_at) run.started_at = *change.started_at;
  if (change.pausing) run.pausing = *change.pausing;
  if (change.finished_at) run.finished_at = *change.finished_at;
  for (const auto& [key, value] : change.data_set.items()) set_data(run, key, value);
  set_keys(run.metadata, change.metadata_set);
  if (change.tokens) replace_tokens(run, *change.tokens);
  for (const auto& [id, written] : change.writes_set) {
    auto* const t = run.find_token(id);
    PAWL_ASSERT(t != nullptr, "a delta writes for a token that is not there");
    set_keys(t->writes, written);
  }
  for (const auto& added : change.signals_added) add_signal(run, added);
  for (const auto number : change.signals_claimed) remove_signal(run, number);
  if (change.next_token != 0) run.next_token = change.next_token;
  for (const auto& [node, count] : change.visits) set_visits(run, node, count);
}

void set_data(run_state& run, const std::string& key, json value) {
  json& data = run.data.edit();
  run.data_bytes += approximate_bytes(value);
  if (const auto old = data.find(key); old != data.end()) {
    run.data_bytes -= approximate_bytes(*old);
    *old = std::move(value);
  } else {
    run.data_bytes += key.size() + 4;
    data[key] = std::move(value);
  }
}

void add_signal(run_state& run, signal added) {
  run.next_signal = added.number + 1;
  if (!added.id.empty()) {
    if (run.signal_ids.size() == remembered_signals) run.signal_ids.erase(run.signal_ids.begin());
    run.signal_ids.push_back(added.id);
  }
  run.inbox.push_back(std::move(added));
}

void remove_signal(run_state& run, std::uint64_t number) {
  std::erase_if(run.inbox, [number](const signal& s) { return s.number == number; });
}

void set_visits(run_state& run, node_index node, std::uint32_t count) {
  if (run.visits.size() <= node) run.visits.resize(node + 1);
  run.visits[node] = count;
}

std::size_t approximate_bytes(const json& value) noexcept {
  switch (value.type()) {
    case json::value_t::object: {
      std::size_t sum = 2;
      for (const auto& [key, item] : *value.get_ptr<const json::object_t*>())
        sum += key.size() + 4 + approximate_bytes(item);
      return sum;
    }
    case json::value_t::array: {
      std::size_t sum = 2;
      for (const auto& item : value) sum += 1 + approximate_bytes(item);
      return sum;
    }
    case json::value_t::string:
      return value.get_ptr<const std::string*>()->size() + 2;
    case json::value_t::boolean:
    case json::value_t::null:
      return 5;
    default:
      return 8;
  }
}

}  // namespace pawl::flow
