#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <pawl/callback.hpp>

#include "actors/engine_context.hpp"
#include "actors/mail.hpp"
#include "actors/messages.hpp"
#include "actors/pending_commits.hpp"
#include "actors/removal_job.hpp"
#include "actors/removal_messages.hpp"
#include "persistence/history_pruning.hpp"

namespace pawl::actors {

/// Deletes ended runs: those that it is asked to delete, and on a schedule those that are older
/// than the settings allow. Prunes the histories of runs that keep only their last checkpoints.
///
/// The directory holds a run, and its subflows, while it is deleted: no command reaches it, so it
/// cannot be retried. The log keeper holds its log. The cleaner then writes the batches of the
/// deletion through the persister, one after the other; each is small, so that it delays the
/// commits of other runs little. At most 16 runs are deleted at the same time; further ones wait,
/// those of a cleanup behind the others.
///
/// Reads the store, so it runs on a thread of its own. Its mailbox is bounded by
/// `engine.max_commands_in_flight`.
class cleaner : public actor_base {
 public:
  cleaner(caf::actor_config& config, engine_context_ptr context, caf::actor persister,
          caf::actor log_keeper);
  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "pawl.cleaner"; }

 private:
  using job_id = std::uint64_t;
  /// A deletion: waits for its turn, for its runs, or for its commit.
  struct job {
    removal_job steps;
    callback<run_removed> done;
    std::uint32_t tries = 0;  ///< how often its runs were in use
  };
  enum class place : std::uint8_t { first, last };  ///< among the jobs that wait

  void add(run_key root, place where, callback<run_removed> done);
  void begin_jobs();
  void hold_runs(job_id id);
  void on_held(const run_held& answer);
  /// Goes on with a job. `held`: whether one of its runs, and the log of it, is held.
  void advance(job_id id, const run_key& key, bool held);
  void on_log_held(const log_held& answer);
  void write_next(job_id id);
  /// Releases the runs of a job and begins it again after a while, or gives up.
  void try_again(job_id id);
  /// Releases the runs of a job, ends it and reports how.
  void end(job_id id, result<run_removed> how);
  /// `removed`: they are gone.
  void release_runs(const job& of, bool removed);
  void release_one(const run_key& key, bool removed);

  void keep(const keep_run& request);
  void commit_then(persistence::batch writes, commit_continuation then);
  void on_commit(const error* failure);

  void add_grown(const history_grown& grown);
  /// Prunes a part of one history. At most one such batch is under way.
  void prune();
  /// What can be pruned of a run now; nothing if it must stay as it is.
  [[nodiscard]] result<std::optional<persistence::pruned_part>> part_to_prune(
      const run_key& key, std::uint64_t keep) const;

  void keep_blob(const persistence::blob_key& blob);

  void clean(const clean_up& request);
  void schedule_sweep();
  /// Deletes a page of the runs that the settings let go.
  void sweep();
  void end_sweep(const result<cleanup_page>& last);
  /// Deletes files that no run has: a part, then the next one.
  void continue_file_sweep();

  const engine_context_ptr context_;
  const caf::actor persister_;
  const caf::actor log_keeper_;
  std::vector<caf::actor> shards_;
  std::unordered_map<job_id, job> jobs_;
  std::deque<job_id> waiting_;  ///< have not begun; bounded by their callers
  std::size_t begun_ = 0;
  bool beginning_ = false;  ///< `begin_jobs` is under way
  job_id last_job_ = 0;
  std::deque<commit_continuation> after_commits_;  ///< of this actor, in their order
  /// Runs whose mark to be kept is being written, and how many such commits are pending.
  std::unordered_map<run_key, std::size_t> marking_;
  std::unordered_map<run_key, std::uint64_t> grown_;  ///< runs to prune, and what they keep
  bool pruning_ = false;
  std::optional<run_key> pruned_now_;  ///< whose batch is not durable yet
  std::string sweep_from_;             ///< where the next page of the sweep begins
  cleanup_page swept_;                 ///< what the sweep under way has deleted
};

}  // namespace pawl::actors
