#include <algorithm>
#include <utility>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {

void transition_builder::enqueue_task(token& t, std::string queue, std::string code_ref) {
  record(event_kind::task_queued, t, {{"queue", queue}, {"code_ref", code_ref}});
  t.task = remote_task{std::move(queue), std::move(code_ref), now()};
  mark_changed(t);
}

void transition_builder::lease(token& t, const lease_command& to) {
  auto call = node_of(t).behaviour->call(run_, t, node_of(t));
  if (!call) {
    end_call(t);
    return fail_at(t, call.error());
  }
  remote_task& task = *t.task;
  task.lease = to.lease;
  task.worker = to.worker;
  task.leased_at = now();
  task.lease_time =
      call->heartbeat.count() > 0 ? std::min(call->heartbeat, to.lease_time) : to.lease_time;
  if (call->timeout.count() == 0) call->timeout = to.default_timeout;
  limit_time(t, *call);
  mark_changed(t);
  record(event_kind::task_leased, t, {{"worker", task.worker}});
  call->lease = to.lease;
  done_.effects.emplace_back(*std::move(call));
}

void transition_builder::lose_lease(token& t, const lease_lost_command& how) {
  const std::string worker = t.task->worker;
  const std::uint32_t lost = t.task->lost + (how.given_back ? 0 : 1);
  record(event_kind::lease_lost, t,
         {{"worker", worker}, {"lost", lost}, {"given_back", how.given_back}});
  if (run_.unwinding && !t.compensates) {
    error why{errc::cancelled, "the worker \"" + worker + "\" has nothing to do with it any more"};
    return give_up_call(t, std::move(why), how.random);
  }
  const node& place = *node_of(t).behaviour;
  if (!how.given_back && place.is_called_once() && !t.compensates) {
    end_call(t);
    return place.in_doubt(*this, t);
  }
  if (lost >= flow_.allowed().max_lost_leases) {
    error why{errc::function_failed,
              std::to_string(lost) +
                  " workers in a row were lost over this call, the last one was \"" + worker +
                  "\" (worker.max_lost_leases)",
              "worker_lost"};
    return give_up_call(t, std::move(why), how.random);
  }
  t.task = remote_task{std::move(t.task->queue), std::move(t.task->code_ref), now()};
  t.task->lost = lost;
  t.timer.reset();
  mark_changed(t);
}

void transition_builder::note_child(token& t, run_id id) {
  record(event_kind::child_started, t, {{"run", id.str()}});
  t.child = child_run{std::move(id), true};
  mark_changed(t);
}

void transition_builder::end_call(token& t) {
  t.task.reset();
  t.child.reset();
  t.timer.reset();
  mark_changed(t);
}

void transition_builder::give_up_call(token& t, error why, double random) {
  step_outcome_command outcome{t.id, node_of(t).id, t.visit, t.attempt, std::move(why)};
  outcome.began_at = t.task ? t.task->leased_at : now();
  outcome.ended_at = now();
  outcome.random = random;
  end_call(t);
  node_of(t).behaviour->resume(*this, t, std::move(outcome));
}

}  // namespace pawl::flow
