#pragma once

#include <cstdint>
#include <vector>

#include "actors/check_schedule.hpp"
#include "actors/engine_context.hpp"
#include "actors/lease_table.hpp"
#include "actors/mail.hpp"
#include "actors/messages.hpp"
#include "actors/poll_table.hpp"
#include "actors/task_queues.hpp"
#include "actors/worker_list.hpp"

namespace pawl::actors {

/// Gives tasks to workers outside of the process. The store has all tasks, written with the
/// transitions of their runs. The dispatcher holds the next tasks of the queues that are polled,
/// the leases of workers, and the polls that wait. A worker gets a task only if the task's run
/// grants the lease: what the dispatcher knows may be out of date, and then the run refuses.
///
/// A poll can bring the outcomes of tasks that its worker has ended. Each goes to its run together
/// with a lease for the run's next task, if the poll has a place for that: then one transition ends
/// a task and gives the worker the next. The outcomes are recorded at once; only the answer to the
/// poll waits for a task, and not if one of them was refused.
///
/// The functions of a poll take turns, and so do the runs in a queue, so no run and no function
/// waits forever after a busy one.
///
/// Ends of leases are not stored: after a restart of the engine each lease lasts for its full
/// length again. A worker that goes on with its heartbeats does not notice the restart.
class dispatcher : public actor_base {
 public:
  dispatcher(caf::actor_config& config, engine_context_ptr context);
  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "pawl.dispatcher"; }

 private:
  using task_key = persistence::keys::task_key;
  using queued_task = persistence::keys::queued_task;

  /// Reads the leases that workers have and the number of queued tasks.
  void read_leases();

  void change(const tasks_changed& change);
  void on_queued(const queued_task& task);
  void on_leased(const task_key& key, const flow::open_task& task);

  void start_poll(poll_tasks& p);
  void send_outcomes(poll_id id, poll& p, std::vector<run_command> outcomes);
  void on_outcome_answered(const outcome_answered& answered);
  /// Asks runs for tasks until the poll has enough or no task is left; answers it when it is done.
  void serve(poll_id id);
  void update_waiting(poll_id id, poll& p);
  [[nodiscard]] std::optional<queued_task> next_task(poll& p);
  void request_lease(poll_id id, const poll& p, const queued_task& task);
  void on_lease_answered(const lease_answered& answered);
  [[nodiscard]] flow::lease_terms new_lease(const poll& p);
  /// Gives a task that the run has leased to the worker.
  void give(poll& p, const task_key& key, std::uint64_t number, const flow::invoke_effect& call,
            const flow_version_id& flow);
  /// The poll gets no further task. It is answered when the runs that it has asked have answered.
  void withdraw(poll_id id);
  void finish(poll_id id, poll& p);

  void put_lease(const task_key& key, lease l);
  void on_heartbeat(const heartbeat_task& t);
  void report_line(const task_key& key, lease& l, const task_log_line& line);
  void publish(const task_key& key, lease& l, const char* kind, json detail);
  /// Sets the node of a lease from the run, as after a restart. Returns false if it is unknown.
  [[nodiscard]] bool find_node(const task_key& key, lease& l) const;
  /// Ends the leases and polls whose time is over.
  void check();
  /// Reports to the run that its worker is silent. Repeated until the run has answered.
  void expire(const task_key& key, lease& l);
  void on_lease_closed(const lease_closed& closed);
  /// Sends `check_leases` for this time unless one is under way that comes before.
  void schedule(steady_time at);

  const engine_context_ptr context_;
  std::vector<caf::actor> shards_;
  task_queues queues_;
  lease_table leases_;
  poll_table polls_;
  worker_list workers_;
  check_schedule checks_;
  std::uint32_t last_lease_ = 0;
};

}  // namespace pawl::actors
