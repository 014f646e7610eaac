#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include <caf/actor_addr.hpp>
#include <caf/event_based_actor.hpp>

#include "actors/engine_context.hpp"
#include "actors/messages.hpp"

namespace pawl::actors {

/// Knows which runs are in memory: one shard of the run directory. The only one who makes run
/// actors, so that a run never has two. Makes one on the first message to its run, lets it go when
/// it has nothing to do, brings it back with a growing back-off when it dies, and parks its run
/// when it dies too often. Also keeps those who wait for a run to finish.
class directory : public caf::event_based_actor {
 public:
  directory(caf::actor_config& config, engine_context_ptr context, caf::actor persister,
            caf::actor timer, caf::actor dispatcher);
  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "pawl.directory"; }

 private:
  struct entry {
    caf::actor actor;  ///< none while a restart is due
    std::uint64_t sent = 0;
    caf::actor_clock::time_point begun{};  ///< when its actor was spawned
    std::uint32_t crashes = 0;             ///< in a row
    std::string last_crash;
    std::vector<run_command> stash;  ///< came while a restart was due
  };
  struct waiter {
    std::optional<caf::actor_clock::time_point> deadline;
    reply<ended_run> answer;
  };

  /// The shard that is responsible for a run, where it is another.
  [[nodiscard]] const caf::actor* other_shard(const run_key& key) const;
  entry& activate(const run_key& key);
  void spawn_run(const run_key& key, entry& e);
  void route(run_command& c);
  /// Hands a message about a run to its actor. One that is about to come back finds out by itself.
  template <class Message>
  void pass_on(const run_key& key, Message& m);
  void wait(wait_finished& w);
  void recover(recover_run& r);
  void on_rest(const run_idle& rest);
  void on_down(const caf::down_msg& down);
  void on_fence();
  void on_restart(const run_key& key);
  /// A crashed actor may not have told them: whoever is not waited for any more.
  void notify_orphans();
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
  std::unordered_map<caf::actor_addr, run_key> monitored_;  ///< whose end is told to us
  std::unordered_map<run_key, std::vector<waiter>> waiters_;
  std::deque<run_key> fences_;  ///< crashed runs whose commits are not all durable yet
  std::optional<caf::actor_clock::time_point> next_check_;
  std::vector<caf::actor> shards_;  ///< of the engine, this one among them
  bool stopping_ = false;
};

}  // namespace pawl::actors
