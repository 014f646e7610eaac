#include "actors/dispatcher.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>
#include <pawl/detail/log_context.hpp>

#include "actors/invocations.hpp"
#include "actors/worker_tasks.hpp"
#include "flow/definition/compiled.hpp"
#include "persistence/codec.hpp"
#include "persistence/runs.hpp"

namespace pawl::actors {
namespace {

using persistence::column;
using persistence::view;

/// A worker that was not seen for this time is no longer listed.
constexpr std::chrono::minutes forget_worker_after{10};

error lease_lost() {
  return {errc::conflict,
          "the worker no longer has this task: its lease expired, the run ended, or the task was "
          "answered before; nothing was recorded",
          "lease_lost"};
}

/// The run refuses because it has moved on, which is normal.
bool is_refusal(const error& e) {
  return e.code == errc::conflict || e.code == errc::not_found;
}

}  // namespace

dispatcher::dispatcher(caf::actor_config& config, engine_context_ptr context)
    : actor_base(config), context_(std::move(context)) {}

caf::behavior dispatcher::make_behavior() {
  read_leases();
  return {
      [this](const set_shards& m) {
        shards_ = m.all;
        check();
      },
      [this](const tasks_changed& c) { change(c); },
      [this](poll_tasks& p) { start_poll(p); },
      [this](const lease_answered& a) { on_lease_answered(a); },
      [this](const outcome_answered& a) { on_outcome_answered(a); },
      [this](const poll_withdrawn& w) { withdraw(w.poll); },
      [this](const heartbeat_task& t) { on_heartbeat(t); },
      [this](const describe_workers& d) {
        d.answer(describe_scope(*context_, d.scope, leases_, workers_));
      },
      [this](const lease_closed& c) { on_lease_closed(c); },
      [this](const check_leases&) { check(); },
      [this](const shutdown_run&) { quit(); },
  };
}

/// Breaks a reference cycle: the shards hold the dispatcher. Waiting polls are answered
/// `unavailable`.
void dispatcher::on_exit() {
  shards_.clear();
  polls_.clear();
}

void dispatcher::read_leases() {
  const auto now = context_->store->durable_view();
  const auto read_lease = [&](std::string_view key, std::string_view value) {
    const auto task = persistence::keys::leased_of(key);
    auto record = persistence::decode_lease(value);
    if (task && record) {
      lease l;
      l.number = record->lease;
      l.queue = {task->run.scope, std::move(record->queue), std::move(record->code_ref)};
      l.worker = std::move(record->worker);
      l.length = record->length;
      put_lease(*task, std::move(l));
    } else {
      context_->log->error("ignored a lease in the store that cannot be read");
    }
    return view::next::more;
  };
  if (const auto done = now->scan(column::indexes, persistence::keys::all_leased(), read_lease);
      !done)
    context_->log->error("cannot read the tasks of workers: {}", done.error().message);
}

void dispatcher::change(const tasks_changed& c) {
  const auto queued = [&](const flow::open_task& t) {
    return queued_task{{c.key.scope, t.task.queue, t.task.code_ref},
                       t.task.since,
                       {c.key, t.token},
                       t.visit,
                       t.attempt};
  };
  for (const auto& t : c.tasks.before) {
    if (t.task.lease == 0) {
      queues_.remove(queued(t));
    } else if (leases_.find({c.key, t.token}, t.task.lease) != nullptr) {
      const flow::open_task* const now = persistence::find_task(c.tasks.after, t.token);
      const bool continues = now != nullptr && now->task.lease == t.task.lease;
      if (!continues) leases_.erase({c.key, t.token});
    }
  }
  for (const auto& t : c.tasks.after) {
    if (t.task.lease == 0) {
      on_queued(queued(t));
    } else {
      on_leased({c.key, t.token}, t);
    }
  }
}

void dispatcher::on_queued(const queued_task& task) {
  queues_.add(task);
  if (const auto poll = queues_.first_waiting(task.queue)) serve(*poll);
}

void dispatcher::on_leased(const task_key& key, const flow::open_task& task) {
  if (lease* const known = leases_.find(key, task.task.lease)) {
    known->wish = task.wish;
    return;
  }
  lease l;
  l.number = task.task.lease;
  l.queue = {key.run.scope, task.task.queue, task.task.code_ref};
  l.worker = task.task.worker;
  l.length = task.task.lease_time;
  l.wish = task.wish;
  put_lease(key, std::move(l));
}

void dispatcher::start_poll(poll_tasks& p) {
  workers_.on_poll(p.scope, p.wanted, context_->clock->now());
  const auto now = system().clock().now();
  const poll_id id = polls_.add(std::move(p.scope), std::move(p.wanted), std::move(p.answer), now);
  poll& added = polls_.at(id);
  for (const auto& function : added.wanted.functions)
    queues_.add_poll({added.scope, added.wanted.queue, function});
  if (p.withdrawn.stop_requested()) {
    polls_.withdraw(added, id, now);
  } else if (p.withdrawn.stop_possible()) {
    added.withdrawal.emplace(std::move(p.withdrawn),
                             [self = self(), id] { post(self, poll_withdrawn{id}); });
  }
  if (added.deadline > now) schedule(added.deadline);
  send_outcomes(id, added, std::move(p.outcomes));
  serve(id);
}

void dispatcher::send_outcomes(poll_id id, poll& p, std::vector<run_command> outcomes) {
  if (outcomes.empty()) return;
  const auto functions = std::make_shared<const std::vector<std::string>>(p.wanted.functions);
  for (auto& each : outcomes) {
    std::uint64_t lease = 0;
    if (p.wants_more()) {
      ++p.asked;
      flow::next_task next{p.wanted.queue, functions, new_lease(p)};
      lease = next.terms.lease;
      std::get<flow::step_outcome_command>(*each.what).next = std::move(next);
    }
    each.answer = reply<command_done>{[self = self(), id, lease, run = each.key,
                                       answer = std::move(each.answer)](result<command_done> done) {
      outcome_answered how{id, run, lease, done.has_value()};
      if (done) {
        how.version = done->run.flow;
        how.leased = done->leased;
      }
      answer(std::move(done));  // before the answer to the poll
      post(self, std::move(how));
    }};
    send(shard_of(shards_, each.key), std::move(each));
  }
}

/// Keeps the waiting polls of each queue up to date, so that the next poll for a task is found
/// without a search.
void dispatcher::update_waiting(poll_id id, poll& p) {
  if (p.is_waiting == p.wants_more()) return;
  p.is_waiting = p.wants_more();
  for (const auto& function : p.wanted.functions) {
    const task_queues::task_queue queue{p.scope, p.wanted.queue, function};
    if (p.is_waiting)
      queues_.add_waiting(queue, id);
    else
      queues_.remove_waiting(queue, id);
  }
}

void dispatcher::serve(poll_id id) {
  poll* const p = polls_.find(id);
  if (p == nullptr) return;
  while (p->wants_more()) {
    const auto task = next_task(*p);
    if (!task) break;
    ++p->asked;
    request_lease(id, *p, *task);
  }
  update_waiting(id, *p);
  const bool is_over = !p->got.empty() || p->deadline <= system().clock().now();
  if (p->asked == 0 && is_over) finish(id, *p);
}

std::optional<dispatcher::queued_task> dispatcher::next_task(poll& p) {
  for (std::size_t tried = 0; tried < p.wanted.functions.size(); ++tried) {
    const auto queue = p.next_queue();
    if (queues_.needs_refill(queue)) {
      const auto unreadable = queues_.refill(queue, *context_->store->durable_view());
      if (!unreadable) {
        context_->log->error("cannot read queued tasks: {}", unreadable.error().message);
      } else if (*unreadable > 0) {
        context_->log->error("ignored {} index entries that name no task", *unreadable);
      }
    }
    if (auto task = queues_.take(queue)) return task;
  }
  return std::nullopt;
}

flow::lease_terms dispatcher::new_lease(const poll& p) {
  const auto random = static_cast<std::uint64_t>(context_->rng->draw() * 0x7fffffff) + 1;
  return {random << 32 | ++last_lease_, p.wanted.worker, p.wanted.lease_time,
          context_->settings.executor.default_timeout_ms};
}

void dispatcher::request_lease(poll_id id, const poll& p, const queued_task& task) {
  flow::lease_command wanted{task.key.token, task.queue.code_ref, task.visit, task.attempt,
                             new_lease(p)};
  const auto answered = [id, key = task.key,
                         number = wanted.terms.lease](result<command_done> run) {
    return lease_answered{id, key, number, std::make_shared<result<command_done>>(std::move(run))};
  };
  send(shard_of(shards_, task.key.run),
       run_command{task.key.run, std::make_shared<flow::command>(std::move(wanted)),
                   reply_by_message<command_done>(self(), answered)});
}

void dispatcher::on_lease_answered(const lease_answered& answered) {
  poll& p = polls_.at(answered.poll);
  --p.asked;
  const auto& run = *answered.run;
  if (!run && !is_refusal(run.error())) {
    const run_key& key = answered.task.run;
    const detail::log_about here{{.scope = key.scope.str(), .run = key.id.str()}};
    context_->log->warn("cannot give a task to a worker: {}", run.error().message);
  }
  if (run && run->leased) give(p, answered.task, answered.lease, *run->leased, run->run.flow);
  serve(answered.poll);
}

void dispatcher::on_outcome_answered(const outcome_answered& answered) {
  poll* const p = polls_.find(answered.poll);
  if (p == nullptr) return;  // it has its tasks; no lease was offered with this outcome
  if (answered.lease != 0) --p->asked;
  if (answered.leased) {
    const flow::invoke_effect& call = *answered.leased;
    give(*p, {answered.run, call.token}, answered.lease, call, answered.version);
  }
  // The worker has to know soon, to send the outcome again if it can.
  if (!answered.is_recorded) polls_.end_wait(*p, answered.poll, system().clock().now());
  serve(answered.poll);
}

void dispatcher::give(poll& p, const task_key& key, std::uint64_t number,
                      const flow::invoke_effect& call, const flow_version_id& flow) {
  // The run reports the lease before it answers. If the lease is gone, so is the task.
  lease* const l = leases_.find(key, number);
  if (l == nullptr) return;
  l->node = call.node;
  l->visit = call.visit;
  l->attempt = call.attempt;
  auto task = make_worker_task(*context_, key, *l, call, flow);
  if (task) return p.got.push_back(*std::move(task));
  // The step ends as if the worker had reported this error.
  flow::step_outcome_command refused{key.token, {}, call.visit, call.attempt};
  refused.lease = number;
  refused.value = std::move(task).error();
  refused.random = context_->rng->draw();
  send(shard_of(shards_, key.run),
       run_command{key.run, std::make_shared<flow::command>(std::move(refused)), {}});
}

void dispatcher::withdraw(poll_id id) {
  poll* const p = polls_.find(id);
  if (p == nullptr) return;
  polls_.withdraw(*p, id, system().clock().now());
  serve(id);
}

void dispatcher::finish(poll_id id, poll& p) {
  p.wanted.max = 0;
  update_waiting(id, p);
  for (const auto& function : p.wanted.functions)
    queues_.remove_poll({p.scope, p.wanted.queue, function});
  const auto answer = std::move(p.answer);
  auto got = std::move(p.got);
  polls_.erase(id);
  answer(std::move(got));
}

void dispatcher::put_lease(const task_key& key, lease l) {
  schedule(leases_.put(key, std::move(l), system().clock().now()));
}

void dispatcher::on_heartbeat(const heartbeat_task& t) {
  lease* const l = leases_.find(t.key, t.lease);
  if (l == nullptr || l->expired) return t.answer(lease_lost());
  leases_.renew(t.key, system().clock().now());
  workers_.on_heartbeat(t.key.run.scope, l->worker, context_->clock->now());
  for (const auto& line : t.lines) report_line(t.key, *l, line);
  if (t.progress) publish(t.key, *l, "step_progress", {{"fraction", *t.progress}});
  t.answer(task_heartbeat{l->wish, l->length});
}

void dispatcher::report_line(const task_key& key, lease& l, const task_log_line& line) {
  if (!context_->log_lines.keeps_lines() && !context_->events.has_subscribers()) return;
  if (l.node.empty() && !find_node(key, l)) return context_->log_lines.count_lost(1);
  constexpr std::chrono::milliseconds none{0}, longest = std::chrono::hours{24};
  const auto written_at = context_->clock->now() - std::clamp(line.age, none, longest);
  report_step_line(*context_, key.run, std::nullopt,
                   {written_at, std::string{to_string(line.level)}, l.node, l.visit, l.attempt,
                    line.message, line.about, line.context});
}

void dispatcher::publish(const task_key& key, lease& l, const char* kind, json detail) {
  if (!context_->events.has_subscribers()) return;
  if (l.node.empty() && !find_node(key, l)) return;
  context_->events.publish(
      {key.run, {0, context_->clock->now(), kind, l.node, l.visit, l.attempt, std::move(detail)}});
}

bool dispatcher::find_node(const task_key& key, lease& l) const {
  const auto now = context_->store->durable_view();
  const auto run = persistence::load_run(*now, key.run);
  const auto* const token = run && *run ? (*run)->state.find_token(key.token) : nullptr;
  if (token == nullptr) return false;
  const auto compiled = context_->flows.get(*now, key.run.scope, (*run)->state.flow);
  if (!compiled) return false;
  l.node = (*compiled)->at(token->node).id;
  l.visit = token->visit;
  l.attempt = token->attempt;
  return true;
}

void dispatcher::check() {
  const auto now = system().clock().now();
  checks_.on_check(now);
  while (const auto key = leases_.first_ended(now)) expire(*key, leases_.at(*key));
  for (const auto id : polls_.take_passed_deadlines(now)) serve(id);
  workers_.erase_unseen_since(context_->clock->now() - forget_worker_after);
  if (const auto end = leases_.next_end()) schedule(*end);
  if (const auto deadline = polls_.next_deadline()) schedule(*deadline);
}

void dispatcher::expire(const task_key& key, lease& l) {
  if (!std::exchange(l.expired, true)) {
    const detail::log_about here{
        {.scope = key.run.scope.str(), .run = key.run.id.str(), .node = l.node}};
    context_->log->warn("worker {} sent no heartbeat for {} ms; its lease has expired", l.worker,
                        l.length.count());
  }
  // Repeated if the run does not answer: its actor may crash before it does.
  leases_.renew(key, system().clock().now());
  flow::lease_lost_command lost{key.token, l.number, context_->rng->draw()};
  const reply<command_done> answer{
      [self = self(), key, number = l.number](const result<command_done>& done) {
        if (done || is_refusal(done.error())) post(self, lease_closed{key, number});
      }};
  send(shard_of(shards_, key.run),
       run_command{key.run, std::make_shared<flow::command>(std::move(lost)), answer});
}

void dispatcher::on_lease_closed(const lease_closed& closed) {
  if (leases_.find(closed.key, closed.lease) != nullptr) leases_.erase(closed.key);
}

void dispatcher::schedule(steady_time at) {
  if (!checks_.add(at)) return;
  const auto delay = std::max(at - system().clock().now(), caf::actor_clock::duration_type{0});
  send_self_after(delay, check_leases{});
}

}  // namespace pawl::actors
