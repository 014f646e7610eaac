#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <pawl/run.hpp>

#include "flow/machine/machine.hpp"
#include "flow/machine/transition.hpp"
#include "persistence/codec.hpp"
#include "persistence/store.hpp"

/// How a store holds runs: which records a transition writes, and how a state is rebuilt from them.
namespace pawl::persistence {

/// What the indexes and counters hold about a run.
struct index_state {
  std::optional<run_status> status;    ///< none: the run does not exist yet
  bool runnable = false;               ///< continues without a command, so recovery must load it
  std::optional<time_point> timer;     ///< when the run must be woken
  std::vector<flow::open_task> tasks;  ///< ordered by token
  std::vector<run_id> children;        ///< runs it waits for, ordered by token

  friend bool operator==(const index_state&, const index_state&) = default;
};
[[nodiscard]] index_state index_state_of(const flow::run_state& run);

/// Returns what a transition writes: a checkpoint, and changes to the run's record, indexes and
/// counters. `run` is the state after the transition, `before` the index state before it. Every
/// `snapshot_every`-th checkpoint is a snapshot, so loading a run reads at most that many records.
[[nodiscard]] batch transition_batch(const flow::run_state& run, const flow::delta& change,
                                     const index_state& before, std::uint32_t snapshot_every);

/// Returns the state at the run's last checkpoint, or at checkpoint `at`. Returns nothing if there
/// is no such run or checkpoint. Errors: `corrupt`, `io_failed`.
[[nodiscard]] result<std::optional<flow::run_state>> load_run(
    const view& from, const run_key& key, std::optional<std::uint64_t> at = std::nullopt);

/// Returns what the run was started with, or nothing if there is no such run. Errors: `corrupt`,
/// `io_failed`.
[[nodiscard]] result<std::optional<flow::run_input>> load_input(const view& from,
                                                                const run_key& key);

/// Returns the run's record, or nothing if there is no such run. Errors: `corrupt`, `io_failed`.
[[nodiscard]] result<std::optional<run_record>> load_record(const view& from, const run_key& key);

/// The events of one checkpoint.
struct checkpoint_events {
  std::uint64_t sequence = 0;
  time_point at{};
  std::vector<flow::event> events;
};
/// Returns at most `limit` checkpoints, from number `first`, oldest first. Errors: `corrupt`,
/// `io_failed`.
[[nodiscard]] result<std::vector<checkpoint_events>> load_history(const view& from,
                                                                  const run_key& key,
                                                                  std::uint64_t first,
                                                                  std::size_t limit);

}  // namespace pawl::persistence
