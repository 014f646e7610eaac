#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "flow/machine/history.hpp"
#include "flow/machine/state.hpp"
#include "persistence/store.hpp"
#include "tests/simulation/flows.hpp"

namespace pawl::simulation {

/// Counts what happened in all simulations: shows that they were not empty.
struct tally {
  std::size_t children = 0;
  std::size_t children_stopped = 0;
  std::size_t completed = 0;
  std::size_t cancelled = 0;
  std::size_t failed = 0;
  std::map<flow::event_kind, std::size_t> events;
  std::size_t parts_compensated = 0;  ///< by sections and joins
  std::size_t power_losses = 0;
  std::size_t full_stores = 0;
  std::size_t calls = 0;
  std::size_t calls_again = 0;
  std::size_t actor_crashes = 0;
  std::size_t woken = 0;  ///< runs that waited for a place
  std::size_t signals = 0;
  std::size_t pauses = 0;
  std::size_t skips = 0;
  std::size_t removed = 0;  ///< runs, as far as their deletion was acknowledged
  std::size_t tasks_answered = 0;
  std::size_t tasks_refused = 0;
};

/// Signals that were acknowledged: their runs and ids.
using signal_set = std::set<std::pair<run_id, std::string>>;

/// Every run in a store, with its state.
[[nodiscard]] std::vector<flow::run_state> all_runs(const persistence::view& view);

/// The idempotency keys of all calls whose outcomes are durable.
[[nodiscard]] std::set<std::string> durable_calls(const persistence::view& view, const run_key& run,
                                                  const flow::compiled_flow& compiled);

/// Each acknowledged signal was received once, and none was claimed twice.
void check_signals(const persistence::view& view, const run_key& run,
                   const signal_set& acknowledged);

/// The indexes and counters agree with the states of all runs.
void check_indexes(const persistence::view& view, const flow_map& flows);

/// Each parent was notified of each child's end once, with its result, and no notification is
/// pending.
void check_subflows(const persistence::view& end, const flow_map& flows, tally& seen);

}  // namespace pawl::simulation
