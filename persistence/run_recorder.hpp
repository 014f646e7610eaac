#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <pawl/run.hpp>

#include "flow/machine/machine.hpp"
#include "persistence/run_index.hpp"
#include "persistence/store.hpp"

namespace pawl::persistence {

/// What the indexes and counters hold about a run, apart from its tasks and children.
struct index_state {
  std::optional<run_status> status;  ///< none: the run does not exist yet
  bool runnable = false;             ///< continues without a command, so recovery must load it
  flow::due_times timers;            ///< when the run must be woken
  run_terms terms;                   ///< how the run is found

  friend bool operator==(const index_state&, const index_state&) = default;
};
[[nodiscard]] index_state index_state_of(const flow::run_state& run,
                                         const flow::compiled_flow& flow);

/// The tasks that a transition changed, ascending by token.
struct task_changes {
  std::vector<flow::open_task> before;  ///< as they were, without those it added
  std::vector<flow::open_task> after;   ///< as they are, without those it ended

  [[nodiscard]] bool empty() const noexcept { return before.empty() && after.empty(); }
};
/// The task of a token in one of these lists. Null if there is none.
[[nodiscard]] const flow::open_task* find_task(const std::vector<flow::open_task>& in,
                                               flow::token_id of) noexcept;

/// A transition of one run, recorded.
struct recorded_transition {
  batch writes;
  index_state before;
  index_state after;
  task_changes tasks;
  bool wrote_state = false;  ///< the whole state, so that the history before it can be pruned
};

/// Turns the transitions of one run into what they write: a checkpoint, and changes to the run's
/// record, indexes and counters. Now and then also the whole state, so that loading the run reads
/// the last one and the checkpoints since.
///
/// The state is written when the checkpoints since the last one are as large as it is, and at least
/// `min_tail_bytes`. So all states together are not larger than all checkpoints, whatever the size
/// of the state, and loading reads at most about twice the state, or `min_tail_bytes` more.
///
/// Recording costs what the transition changed, however many tokens, tasks and children the run
/// has. An ordinary step writes one key, and two for each blob that its checkpoint names
/// (blobs.hpp). What a run waits for and its attributes are written when they change.
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
  run_recorder(const flow::run_state& run, const flow::compiled_flow& flow, load_size size);

  /// Returns what a transition writes. `run` is the state after it, `flow` its flow.
  [[nodiscard]] recorded_transition record(const flow::run_state& run,
                                           const flow::compiled_flow& flow,
                                           const flow::delta& change, std::uint64_t min_tail_bytes);

  /// What the indexes hold after the last recorded transition.
  [[nodiscard]] const index_state& indexes() const noexcept { return indexes_; }
  /// The tasks of the run after the last recorded transition, by token.
  [[nodiscard]] const std::map<flow::token_id, flow::open_task>& tasks() const noexcept {
    return tasks_;
  }

 private:
  [[nodiscard]] task_changes update_tasks(const flow::run_state& run, const flow::delta& change,
                                          std::vector<flow::token_id> touched);
  void update_task(const flow::run_state& run, flow::token_id id, task_changes& changes);
  void update_children(const flow::run_state& run, const std::vector<flow::token_id>& touched,
                       batch& writes);

  std::string hash_;  ///< of the run; see `keys::run_hash_bytes`
  load_size size_;
  index_state indexes_;
  std::map<flow::token_id, flow::open_task> tasks_;
  std::map<flow::token_id, run_id> children_;  ///< runs it waits for
};

}  // namespace pawl::persistence
