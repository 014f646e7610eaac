#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/engine_context.hpp"
#include "actors/mail.hpp"
#include "actors/messages.hpp"
#include "actors/removal_messages.hpp"
#include "actors/wait_table.hpp"
#include "persistence/runs.hpp"

namespace pawl::actors {

/// One shard of the run directory: knows which of its runs are in memory. Only the responsible
/// shard spawns the actor of a run, so a run never has two. It spawns the actor on the first
/// message, ends it when it is idle, starts it again with a growing back-off when it crashes, and
/// quarantines its run when it crashes too often. Also keeps the callers that wait for a run's end.
class directory : public monitoring_actor {
 public:
  directory(caf::actor_config& config, engine_context_ptr context, caf::actor persister,
            caf::actor timer, caf::actor dispatcher);
  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "pawl.directory"; }

 private:
  struct entry {
    caf::actor actor;        ///< none until a due restart
    std::uint64_t sent = 0;  ///< messages to the actor
    caf::actor_clock::time_point spawned_at{};
    std::uint32_t crashes = 0;  ///< in a row
    std::string last_crash;
    std::vector<run_command> stash;  ///< came while a restart was due
  };

  /// The shard that is responsible for a run. Null: it is this one.
  [[nodiscard]] const caf::actor* other_shard(const run_key& key) const;
  entry& activate(const run_key& key);
  void spawn_run(const run_key& key, entry& e, active_place place = active_place::to_take);
  bool make_room_for(const run_command& c);
  template <class Message>
  void send_to_run(entry& e, Message&& message);
  void route(run_command& c);
  /// Forwards a message about a run to its actor, unless its restart is due: a restarted actor
  /// finds what the message is about in the indexes.
  template <class Message>
  void forward(const run_key& key, Message& m);
  /// Calls `from_store(context, view)` as a job of the loader, then `then` with its result.
  template <class Read, class Then>
  void read(Read from_store, Then then);
  void wait(wait_finished& w);
  /// Answers for a run that is not in memory, or waits for it.
  void wait_for_stored(wait_finished& w, result<std::optional<persistence::run_record>> found);
  void await_end(wait_finished& w);
  void recover(recover_run& r);
  void hold(hold_run& h);
  void release(const release_run& r);
  /// Keeps a message about a run until the run is released, if it is held. Returns whether it is.
  template <class Message, class Handle>
  bool stash_if_held(const run_key& key, Message& m, Handle handle);
  void on_idle(const run_idle& idle);
  void on_down(const caf::actor_addr& source, const caf::error& reason) override;
  void on_shut_down_or_failed(const run_key& key, const caf::error& reason);
  void on_committed();
  void on_fence(const run_key& key);
  void route_to_quarantined(run_command& c, const persistence::suspect& suspect);
  void on_released(const run_command& c, const result<run_summary>& released,
                   std::shared_ptr<const persistence::batch> writes);
  /// Writes a batch, and calls `then` when it is durable.
  void commit_then(std::shared_ptr<const persistence::batch> writes, std::function<void()> then);
  void on_restart(const run_key& key);
  void quarantine(const run_key& key, entry& e);
  /// Notifies all orphaned runs: the crashed actor may not have done so.
  void notify_orphans();
  void withdraw(std::uint64_t wait);
  void answer_waiters(const run_key& key, const result<ended_run>& run);
  void check_deadlines();
  void schedule_deadline(caf::actor_clock::time_point at);
  void shutdown_all();
  void end_if_empty();

  const engine_context_ptr context_;
  const caf::actor persister_;
  const caf::actor timer_;
  const caf::actor dispatcher_;
  std::unordered_map<run_key, entry> active_;
  std::unordered_map<caf::actor_addr, run_key> watched_;
  wait_table waits_;
  /// Commands to runs whose release from the quarantine is being read.
  std::unordered_map<run_key, std::vector<run_command>> releasing_;
  /// Runs that are being deleted, with what is to do when they are released.
  std::unordered_map<run_key, std::vector<std::function<void()>>> held_;
  std::deque<std::function<void()>> after_commits_;  ///< of this actor, in their order
  std::optional<caf::actor_clock::time_point> next_check_;
  std::vector<caf::actor> shards_;  ///< all of the engine
  caf::actor cleaner_;              ///< null in tests that have none
  bool stopping_ = false;
};

}  // namespace pawl::actors
