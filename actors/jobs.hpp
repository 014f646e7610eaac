#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <unordered_map>
#include <vector>

#include "actors/engine_context.hpp"
#include "actors/job_messages.hpp"
#include "actors/job_work.hpp"
#include "actors/mail.hpp"
#include "actors/messages.hpp"
#include "actors/pending_commits.hpp"
#include "persistence/jobs.hpp"

namespace pawl::actors {

/// Carries out jobs: commands to all runs that fit a filter.
///
/// Jobs take turns. In a turn a job finds some of its runs, or sends its command to at most 16 of
/// them, the way of all commands, waits for the answers and writes the outcomes with its new
/// position. At most two jobs have their turn at the same time, so that jobs together have at most
/// 32 commands under way. A command that the process died over is not sent again: the history of
/// its run says whether the run took it.
///
/// Reads the store, so it runs on a thread of its own. Ends before the actors of runs do: after the
/// turns that are under way, or after two seconds.
class jobs : public actor_base {
 public:
  /// Maximum number of jobs of a scope that have not ended.
  static constexpr std::size_t max_unfinished = 16;

  jobs(caf::actor_config& config, engine_context_ptr context, caf::actor persister,
       caf::actor cleaner);
  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "pawl.jobs"; }

 private:
  struct waiting_caller {
    reply<job_view> answer;
    std::optional<std::stop_callback<std::function<void()>>> withdrawal = {};
  };
  /// A job that has something left to do.
  struct job_at_work {
    persistence::job_record job;
    bool stored = true;     ///< false: its first record is not durable yet
    bool in_turn = false;   ///< or waits for such a record
    bool queued = false;    ///< waits for its turn
    bool resting = false;   ///< its rate allows no command now
    bool repeated = false;  ///< the process may have died over its next commands
    std::unique_ptr<job_selection> selection = {};
    std::optional<job_slice> slice = {};
    std::size_t awaited = 0;  ///< answers to commands of the slice
    std::vector<reply<job_started>> starters = {};
    std::vector<reply<job_view>> aborting = {};  ///< callers who want it to end
    std::map<std::uint64_t, waiting_caller> waiters = {};
  };

  void resume_all();
  /// The job, if it has something left to do. One that was not at work gets a turn when it is
  /// enqueued. Errors: those of the store.
  result<job_at_work*> find(const job_key& key);
  job_at_work& add(persistence::job_record job);
  /// Forgets a job that has ended, or that cannot go on in this process.
  void forget(const job_key& key);

  void start(const start_job& request);
  void abort(const abort_job& request);
  void remove(const remove_job& request);
  void wait(const wait_job& request);
  void end_wait(const job_wait_over& over);

  void enqueue(job_at_work& at);
  void next_turns();
  void take_turn(job_at_work& at);
  void end_turn(const job_key& key);
  void select(job_at_work& at);
  void send_commands(job_at_work& at);
  result<bool> send_command(job_at_work& at, std::size_t place);
  void on_answer(const job_run_answered& answer);
  void record_slice(job_at_work& at);
  void erase(job_at_work& at);
  /// Ends a job: writes its last record.
  void end(job_at_work& at, job_state how, persistence::batch writes = {}, std::string why = {});
  void report_end(job_at_work& at);
  /// Publishes how far a job is; call it when that is durable.
  void publish_progress(const persistence::job_record& job) const;
  /// Deletes the oldest ended jobs of a scope above the number that is kept.
  void prune(const scope_name& in);
  void begin_removal(persistence::job_record job, reply<void> answer);

  void commit_then(persistence::batch writes, commit_continuation then);
  void on_commit(const error* failure);
  [[nodiscard]] std::shared_ptr<const persistence::view> now() const;
  void stop_if_done();

  const engine_context_ptr context_;
  const caf::actor persister_;
  const caf::actor cleaner_;
  std::vector<caf::actor> shards_;
  std::unordered_map<job_key, job_at_work> jobs_;
  std::deque<job_key> turns_;  ///< jobs that wait for their turn
  std::size_t in_turn_ = 0;
  std::uint64_t last_wait_ = 0;
  std::deque<commit_continuation> after_commits_;  ///< of this actor, in their order
  bool stopping_ = false;
};

}  // namespace pawl::actors
