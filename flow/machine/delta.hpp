#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flow/machine/run_input.hpp"
#include "flow/machine/state.hpp"

namespace pawl::flow {

/// The kinds of events in a history. The numbers are stored: never renumber.
enum class event_kind : std::uint8_t {
  run_created = 0,
  // 1 is reserved.
  step_started = 2,
  step_finished = 3,
  step_failed = 4,
  condition_evaluated = 5,
  edge_taken = 6,
  forked = 7,
  branch_ended = 8,
  branches_merged = 9,
  run_completed = 10,
  run_failed = 11,
  run_cancelled = 12,
  run_retried = 13,
  run_pausing = 14,
  run_paused = 15,
  run_resumed = 16,
  data_updated = 17,
  signal_received = 18,
  signal_awaited = 19,
  signal_claimed = 20,
  retry_scheduled = 21,
  wait_began = 22,
  timer_fired = 23,
  interrupted = 24,
  answered = 25,
  branch_arrived = 26,
  branches_joined = 27,
  branch_dropped = 28,
  map_began = 29,
  item_finished = 30,
  item_failed = 31,
  compensating = 32,
  compensation_started = 33,
  compensation_finished = 34,
  compensation_failed = 35,
  in_doubt = 36,
  task_queued = 37,
  task_leased = 38,
  lease_lost = 39,
  child_started = 40,
  compensation_skipped = 41,
  step_restarted = 42,
};

inline constexpr event_kind last_event_kind = event_kind::step_restarted;

[[nodiscard]] std::string_view to_string(event_kind kind) noexcept;

/// One thing that happened in a transition.
struct event {
  event_kind kind;
  std::optional<node_index> node;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  json detail;  ///< null, or an object; its keys depend on the kind

  friend bool operator==(const event&, const event&) = default;
};

/// The changes of a map in one transition.
struct map_change {
  std::optional<json> items;  ///< all items, if the map started
  std::vector<std::pair<std::uint32_t, json>> results;
  std::uint32_t next = 0;
  std::uint32_t failed = 0;

  friend bool operator==(const map_change&, const map_change&) = default;
};

/// What happens to a child run that its parent no longer waits for. The numbers are stored: never
/// renumber.
enum class child_fate : std::uint8_t {
  halt = 0,       ///< it fails, so that the next attempt of its parent's visit can resume it
  cancel = 1,     ///< it is cancelled, after its steps are compensated
  terminate = 2,  ///< it ends at once
};

struct abandoned_child {
  run_id child;
  child_fate fate = child_fate::cancel;
  std::uint32_t attempt = 0;  ///< of the parent's visit: the last one that waited for it

  friend bool operator==(const abandoned_child&, const abandoned_child&) = default;
};

/// All changes of one transition: the state before and the delta give the state after. A checkpoint
/// records it. `transition_builder` makes it; `apply` applies it to another copy of the state
/// before. The state before the first transition is the `initial_state` of the input.
struct delta {
  std::uint64_t sequence = 0;  ///< of the state after
  time_point at{};
  std::vector<event> events;

  std::optional<run_status> status;
  std::optional<std::optional<run_error>> error;
  std::optional<json> output;
  std::optional<json> vars;  ///< only of the first transition
  std::optional<time_point> started_at;
  std::optional<std::optional<time_point>> finished_at;
  std::optional<std::optional<time_point>> frozen_at;
  json data_set = json::object();      ///< top-level keys of the data, with their new values
  json metadata_set = json::object();  ///< likewise
  std::vector<token> tokens_set;       ///< new or changed, without their writes; ascending ids
  std::vector<token_id> tokens_removed;
  /// By token: the top-level keys that its branch wrote. For a new token, all that it inherits too.
  std::map<token_id, json> writes_set;
  std::vector<signal> signals_added;
  std::vector<std::uint64_t> signals_claimed;  ///< by number; applied after `signals_added`
  std::optional<std::optional<pawl::flow::compensating>> compensating;
  std::vector<compensation> compensations_added;
  std::uint32_t compensations_dropped = 0;  ///< number dropped at the end, before any are added
  std::map<token_id, map_change> maps_set;
  std::vector<token_id> maps_removed;
  token_id next_token = 0;                                   ///< 0: unchanged
  std::vector<std::pair<node_index, std::uint32_t>> visits;  ///< the counts that changed
  std::vector<abandoned_child> children_abandoned;
  std::optional<std::uint32_t> parent_attempt;
  std::optional<shared_attributes> attributes;  ///< all of them
  std::optional<run_input> input;               ///< only of the first transition

  friend bool operator==(const delta&, const delta&) = default;
};

/// Applies a delta to a state. Its sequence must be the next one of the state.
void apply(run_state& run, const delta& change);

/// Sets a top-level key of the data and updates the size of the data.
void set_data(run_state& run, const std::string& key, json value);

/// Adds a signal to the inbox and remembers its id.
void add_signal(run_state& run, signal added);

/// Removes the progress of a map. Returns false if there is none.
bool erase_map(run_state& run, token_id of);

/// Adds the compensation of a step, and drops the newest.
void add_compensation(run_state& run, compensation added);
void drop_compensation(run_state& run);

/// Applies the changes of a map; starts it if there is none.
void change_map(run_state& run, token_id of, const map_change& change);

/// Sets the number of visits of a node.
void set_visits(run_state& run, node_index node, std::uint32_t count);

}  // namespace pawl::flow
