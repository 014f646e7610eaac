#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include <pawl/run.hpp>

#include "flow/definition/compiled.hpp"
#include "flow/machine/state.hpp"
#include "persistence/run_recorder.hpp"

namespace pawl::actors {

/// What a run's actor holds of its run.
struct run_in_memory {
  flow::run_state state;
  std::shared_ptr<const flow::compiled_flow> flow;  ///< of `state`
  persistence::run_recorder recorder;               ///< of `state`
};

/// The memory that a run takes, as an estimate. Costs little: nothing of the state is visited but
/// its metadata.
[[nodiscard]] std::uint64_t estimated_bytes(const run_in_memory& run);

/// Keeps the states of runs that wait and have no actor, so that a signal or a timer finds them
/// without a read of the store. When the estimated size of all exceeds the maximum, those that were
/// put first are dropped.
///
/// Its states are never out of date, because only the owner of a run changes it: an actor puts the
/// state before it reports that it is idle, when all of it is durable, and takes it out before it
/// changes the run again. Whoever else writes a run erases it here first.
///
/// Safe for concurrent use. Each call is O(1).
class parked_states {
 public:
  /// `max_bytes` 0: keeps nothing.
  explicit parked_states(std::uint64_t max_bytes) : max_bytes_(max_bytes) {}

  /// Keeps the state of a run, unless it is larger than the maximum. Replaces an earlier one.
  void put(run_in_memory run);
  /// Removes the state of a run and returns it, or nothing if it is not kept.
  [[nodiscard]] std::optional<run_in_memory> take(const run_key& key);
  void erase(const run_key& key) { static_cast<void>(take(key)); }

  /// Estimated size of all states. At most the maximum.
  [[nodiscard]] std::uint64_t bytes() const;
  [[nodiscard]] std::size_t size() const;

 private:
  struct entry {
    run_in_memory run;
    std::uint64_t bytes = 0;
  };
  using entries = std::list<entry>;

  /// Moves an entry to `to`. The caller holds the lock.
  void remove(entries::iterator which, entries& to);

  const std::uint64_t max_bytes_;
  mutable std::mutex mutex_;  ///< guards what follows
  entries entries_;           ///< the last put first
  std::unordered_map<run_key, entries::iterator> index_;
  std::uint64_t bytes_ = 0;
};

}  // namespace pawl::actors
