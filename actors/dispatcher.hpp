#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include <caf/event_based_actor.hpp>

#include "actors/engine_context.hpp"
#include "actors/messages.hpp"

namespace pawl::actors {

/// Brings tasks and workers together. Which tasks there are is in the store, written with the
/// transitions of their runs; here are those that come next (a bounded number of each lane), the
/// leases that workers have, and the polls that wait. A task is a worker's when its run says so:
/// what is known here may be old, and then the run refuses.
///
/// A poll takes from its functions in turn, and of a function's tasks from the runs in turn, so
/// that no run and no function waits for ever behind a busy one.
///
/// Leases do not outlive a restart by the clock: each begins anew when the engine does. A worker
/// that is heard of goes on as if nothing had been.
class dispatcher : public caf::event_based_actor {
 public:
  dispatcher(caf::actor_config& config, engine_context_ptr context);
  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "pawl.dispatcher"; }

 private:
  using task_queue = persistence::keys::task_queue;
  using task_key = persistence::keys::task_key;
  using queued_task = persistence::keys::queued_task;
  using moment = caf::actor_clock::time_point;
  using poll_id = std::uint64_t;

  struct lane {
    /// By run, oldest first: those that are known here.
    std::map<run_key, std::map<std::string, queued_task>> waiting;
    std::size_t held = 0;
    run_key last;  ///< the run whose turn was the last
    /// The first key that may be only in the store; empty: all are here.
    std::string known_to;
    std::set<poll_id> polls;  ///< that wait for a task of this lane
  };
  struct lease {
    std::uint64_t number = 0;
    task_queue of;
    std::string worker;
    std::chrono::milliseconds length{0};
    moment end{};
    task_wish wish = task_wish::none;
    bool is_over = false;  ///< it ran out: the run is asked to take the task back
    std::string node;      ///< empty after a restart, until it is needed
    std::uint32_t visit = 0;
    std::uint32_t attempt = 0;
  };
  struct poll {
    scope_name scope;
    task_poll wanted;
    moment deadline{};
    std::size_t asked = 0;  ///< runs that were asked for a task and have not answered
    std::size_t next_function = 0;
    std::vector<worker_task> got;
    reply<std::vector<worker_task>> answer;
    std::optional<std::stop_callback<std::function<void()>>> withdrawal;

    [[nodiscard]] bool wants_more() const noexcept { return asked + got.size() < wanted.max; }
  };
  struct seen_worker {
    std::string queue;
    std::vector<std::string> functions;
    time_point at{};
  };

  void read_leases();
  void change(const tasks_changed& change);
  void take_out(const queued_task& task);
  void put_in(const queued_task& task);
  /// Reads the lane's next tasks from the store, if some may be only there.
  void refill(const task_queue& name, lane& l);
  lane& lane_of(const task_queue& name);
  void forget_if_idle(const task_queue& name);

  void start_poll(poll_tasks& p);
  /// Asks runs for tasks until as many are asked as the poll wants, or none is left.
  void serve(poll_id id);
  std::optional<queued_task> take_next(poll& p);
  void ask_for(poll_id id, const queued_task& task);
  void on_granted(const task_granted& granted);
  /// It gets no further task, and is answered when the runs that it has asked have answered.
  void withdraw(poll_id id);
  void finish(poll_id id);
  void note_worker(const scope_name& scope, const task_poll& p);

  void put_lease(const task_key& key, lease l);
  void drop_lease(const task_key& key);
  void touch(const heartbeat_task& t);
  void tell(const task_key& key, lease& l, const char* kind, json detail);
  void describe(const describe_workers& d) const;
  /// Since when the lane's next task waits.
  [[nodiscard]] std::optional<time_point> oldest_in(const task_queue& name) const;
  void look();
  /// Asks the run whose worker is not heard of to take the task back.
  void give_up(const task_key& key, lease& l);
  void on_given_up(const lease_given_up& g);
  /// Sees to it that there is a look at this moment, or before.
  void schedule(moment at);

  const engine_context_ptr context_;
  std::vector<caf::actor> shards_;
  std::map<task_queue, lane> lanes_;
  std::map<task_key, lease> leases_;
  std::set<std::pair<moment, task_key>> ends_;  ///< of leases
  std::map<poll_id, poll> polls_;
  std::set<std::pair<moment, poll_id>> deadlines_;
  std::map<std::pair<scope_name, std::string>, seen_worker> workers_;  ///< by scope and name
  poll_id last_poll_ = 0;
  std::uint32_t last_lease_ = 0;
  std::set<moment> looks_;  ///< that are due to come
};

}  // namespace pawl::actors
