#include "flow/machine/builder/run_calls.hpp"

#include <algorithm>
#include <utility>

#include "flow/machine/machine.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {

void run_calls::start(token& t) {
  const compiled_node& node = changes_.node_of(t);
  auto call = node.behaviour->call(changes_.run(), t, node);
  if (!call) return failures_.fail_at(t, call.error());
  t.phase = token_phase::waiting;
  t.task.reset();
  t.child.reset();
  const auto& queue_of = changes_.context().queue_of;
  if (call->child) {
    // A child run starts at once, so its time counts from here.
    t.child = child_run{call->child->id};
    if (!changes_.node_of(t).behaviour->deadline(t)) t.first_try_at = changes_.engine_time();
    t.timer.reset();
    set_timer(t, *call);
  } else if (auto queue = queue_of ? queue_of(*call) : ""; !queue.empty()) {
    return enqueue(t, std::move(queue), std::move(call->code_ref));
  }
  changes_.note_call(t, *call);
  changes_.mark_changed(t);
  changes_.request_call(*std::move(call));
}

void run_calls::set_timer(token& t, const invoke_effect& call) {
  if (call.timeout.count() > 0) t.timer = timer{changes_.engine_time() + call.timeout, false};
  if (call.deadline && (!t.timer || *call.deadline < t.timer->due))
    t.timer = timer{*call.deadline, false};
}

void run_calls::start_next_attempt(token& t) {
  ++t.attempt;
  changes_.record(t.compensates ? event_kind::compensation_started : event_kind::step_started, t);
  start(t);
}

time_point run_calls::start_of(const token& t, time_point otherwise) const {
  if (t.task) return t.task->lease != 0 ? t.task->leased_at : otherwise;
  if (!t.child || !t.first_try_at) return otherwise;
  return changes_.now() - (changes_.engine_time() - *t.first_try_at);
}

void run_calls::begin_tries(token& t, bool timed) {
  t.tries = 1;
  t.failures_of.clear();
  t.first_try_at = timed ? std::optional{changes_.engine_time()} : std::nullopt;
  changes_.mark_changed(t);
}

void run_calls::enqueue(token& t, std::string queue, std::string code_ref) {
  changes_.record(event_kind::task_queued, t, {{"queue", queue}, {"code_ref", code_ref}});
  t.task = remote_task{std::move(queue), std::move(code_ref), changes_.now()};
  set_deadline(t);
  changes_.mark_changed(t);
  queued_.push_back(t.id);
}

/// The time for all attempts together passes while a task is in its queue, too.
void run_calls::set_deadline(token& t) {
  t.timer.reset();
  if (const auto end = changes_.node_of(t).behaviour->deadline(t)) t.timer = timer{*end, false};
}

void run_calls::lease(token& t, const lease_terms& to) {
  const compiled_node& node = changes_.node_of(t);
  auto call = node.behaviour->call(changes_.run(), t, node);
  if (!call) {
    end(t);
    return failures_.fail_at(t, call.error());
  }
  remote_task& task = *t.task;
  task.lease = to.lease;
  task.worker = to.worker;
  task.leased_at = changes_.now();
  task.lease_time =
      call->heartbeat.count() > 0 ? std::min(call->heartbeat, to.lease_time) : to.lease_time;
  if (call->timeout.count() == 0) call->timeout = to.default_timeout;
  set_timer(t, *call);
  changes_.mark_changed(t);
  changes_.record(event_kind::task_leased, t, {{"worker", task.worker}});
  changes_.note_call(t, *call);
  call->lease = to.lease;
  changes_.request_call(*std::move(call));
}

token* run_calls::find_queued(const next_task& wanted) {
  const auto& functions = *wanted.functions;
  for (const auto id : queued_) {
    token* const t = changes_.run().find_token(id);
    if (t == nullptr || !can_be_leased(changes_.run(), *t)) continue;
    if (t->task->queue != wanted.queue) continue;
    if (std::find(functions.begin(), functions.end(), t->task->code_ref) != functions.end())
      return t;
  }
  return nullptr;
}

void run_calls::requeue(token& t, std::uint32_t lost) {
  t.task = remote_task{std::move(t.task->queue), std::move(t.task->code_ref), changes_.now()};
  t.task->lost = lost;
  if (lost > 0) ++t.repeated_calls;
  set_deadline(t);
  changes_.mark_changed(t);
}

void run_calls::repeat(token& t) {
  ++t.repeated_calls;
  changes_.record(event_kind::step_restarted, t, {{"calls", t.attempt + t.repeated_calls}});
  start(t);
}

void run_calls::replace_child(token& t) {
  ++t.replaced_children;
  start(t);
}

void run_calls::note_child(token& t, run_id id) {
  changes_.record(event_kind::child_started, t, {{"run", id.str()}});
  t.child = child_run{std::move(id), true};
  changes_.mark_changed(t);
}

void run_calls::end(token& t) {
  t.task.reset();
  t.child.reset();
  t.timer.reset();
  changes_.mark_changed(t);
}

bool run_calls::abandon(const token& t, child_fate fate) {
  if (t.task) return false;
  if (t.phase != token_phase::waiting) {
    // Between two attempts: the child run has ended, or a retry of it has resumed it.
    const compiled_node& place = changes_.node_of(t);
    const auto child = place.behaviour->child_of(changes_.run(), t, place);
    if (child && fate != child_fate::halt) abandon_child(t.id, *child, t.attempt, fate);
    return false;
  }
  if (changes_.withdraw_call(t.id)) return false;  // requested by this transition, not started yet
  if (t.child) {
    abandon_child(t.id, t.child->id, t.attempt, fate);
  } else {
    changes_.add_effect(abandon_effect{t.id});
  }
  return true;
}

bool run_calls::stop(token& t) {
  const bool was_asked = t.stopping && t.phase == token_phase::waiting;
  const bool is_stopping = was_asked || abandon(t);
  // A child run that is being cancelled ends, however long its own compensations take.
  if (t.child && t.timer) {
    t.timer.reset();
    changes_.mark_changed(t);
  }
  return t.phase == token_phase::waiting && (t.task ? t.under_way() : is_stopping);
}

void run_calls::abandon_child(token_id of, run_id child, std::uint32_t attempt, child_fate fate) {
  abandoned_child abandoned{std::move(child), fate, attempt};
  changes_.change().children_abandoned.push_back(abandoned);
  changes_.add_effect(abandon_child_effect{of, std::move(abandoned)});
}

void run_calls::halt_all(child_fate fate) {
  for (const auto id : changes_.run().tokens.ids()) {
    token& t = *changes_.run().find_token(id);
    abandon(t, fate);
    if (t.phase != token_phase::waiting) continue;
    if (t.task || t.child) end(t);
    t.phase = token_phase::halted;
    changes_.mark_changed(t);
  }
}

}  // namespace pawl::flow
