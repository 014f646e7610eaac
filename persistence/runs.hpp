#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <pawl/run.hpp>

#include "flow/machine/machine.hpp"
#include "flow/machine/transition.hpp"
#include "persistence/codec.hpp"
#include "persistence/store.hpp"

/// How runs lie in a store: the one place that knows which records a transition writes and how a
/// state is put together again.
namespace pawl::persistence {

/// What the indexes and counters know of a run.
struct index_state {
  std::optional<run_status> status;  ///< none: there is no run yet
  bool moves = false;                ///< goes on by itself: has to be brought back after a restart
  std::optional<time_point> timer;   ///< when it has to be woken
  std::vector<flow::open_task> tasks;  ///< by token
  std::vector<run_id> children;        ///< runs that it waits for, by token

  friend bool operator==(const index_state&, const index_state&) = default;
};
[[nodiscard]] index_state index_state_of(const flow::run_state& run);

/// What a transition writes: its checkpoint, and where it changed them the run's record, indexes
/// and counters. `before` is how the run stood before it; `run` the state after. Every
/// `snapshot_every`-th checkpoint is the whole state, so that reading one costs at most that
/// many records.
[[nodiscard]] batch transition_batch(const flow::run_state& run, const flow::delta& change,
                                     const index_state& before, std::uint32_t snapshot_every);

/// The state at a run's last checkpoint in this view, or at the one with number `at`; nothing where
/// there is no such run or checkpoint. Errors: `corrupt`, `io_failed`.
[[nodiscard]] result<std::optional<flow::run_state>> load_run(
    const view& from, const run_key& key, std::optional<std::uint64_t> at = std::nullopt);

/// The run's record; nothing where there is no such run.
[[nodiscard]] result<std::optional<run_record>> load_record(const view& from, const run_key& key);

/// One checkpoint's part of a run's history.
struct checkpoint_events {
  std::uint64_t sequence = 0;
  time_point at{};
  std::vector<flow::event> events;
};
/// The checkpoints from number `first` on, at most `limit` of them, oldest first.
[[nodiscard]] result<std::vector<checkpoint_events>> load_history(const view& from,
                                                                  const run_key& key,
                                                                  std::uint64_t first,
                                                                  std::size_t limit);

}  // namespace pawl::persistence
