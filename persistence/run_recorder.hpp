#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pawl/run.hpp>

#include "flow/machine/machine.hpp"
#include "persistence/store.hpp"

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

/// Turns the transitions of one run into what they write: a checkpoint, and changes to the run's
/// record, indexes and counters. Now and then also the whole state, so that loading the run reads
/// the last one and the checkpoints since.
///
/// The state is written when the checkpoints since the last one are as large as it is, and at least
/// `min_tail_bytes`. So all states together are not larger than all checkpoints, whatever the size
/// of the state, and loading reads at most about twice the state, or `min_tail_bytes` more.
///
/// Not thread-safe.
class run_recorder {
 public:
  /// The bytes that loading a run reads.
  struct load_size {
    std::uint64_t state = 0;  ///< the last whole state, or else the input
    std::uint64_t tail = 0;   ///< the checkpoints since
  };

  /// For a run that does not exist yet.
  explicit run_recorder(const run_key& run);
  /// For a run in the store, with its last state.
  run_recorder(const flow::run_state& run, load_size size);

  /// Returns what a transition writes. `run` is the state after it.
  [[nodiscard]] batch record(const flow::run_state& run, const flow::delta& change,
                             std::uint64_t min_tail_bytes);

  /// What the indexes hold after the last recorded transition.
  [[nodiscard]] const index_state& indexes() const noexcept { return indexes_; }

 private:
  std::string hash_;  ///< of the run; see `keys::run_hash_bytes`
  load_size size_;
  index_state indexes_;
};

}  // namespace pawl::persistence
