#include "actors/dispatcher.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>
#include <caf/all.hpp>
#include <pawl/detail/log_context.hpp>

#include <pawl/assert.hpp>

#include "flow/definition/compiled.hpp"
#include "persistence/codec.hpp"
#include "persistence/not_found.hpp"
#include "persistence/runs.hpp"

namespace pawl::actors {
namespace {

using namespace std::chrono_literals;
using persistence::column;
using persistence::view;

/// Of one lane. What does not fit is read from the store when it is its turn.
constexpr std::size_t most_held = 10'000;
constexpr std::size_t most_workers = 10'000;
/// A worker that was silent for so long is listed no more.
constexpr std::chrono::minutes worker_is_gone_after{10};

error lease_is_lost() {
  return {errc::conflict,
          "the task is not this worker's any more: its lease ran out, the run was ended, or it was "
          "answered already; nothing was recorded",
          "lease_lost"};
}

}  // namespace

dispatcher::dispatcher(caf::actor_config& config, engine_context_ptr context)
    : caf::event_based_actor(config), context_(std::move(context)) {}

caf::behavior dispatcher::make_behavior() {
  read_leases();
  return {
      [this](const set_shards& m) {
        shards_ = m.all;
        look();
      },
      [this](const tasks_changed& c) { change(c); },
      [this](poll_tasks& p) { start_poll(p); },
      [this](const task_granted& g) { on_granted(g); },
      [this](const poll_withdrawn& w) { withdraw(w.poll); },
      [this](const heartbeat_task& t) { touch(t); },
      [this](const describe_workers& d) { describe(d); },
      [this](const lease_given_up& g) { on_given_up(g); },
      [this](const check_leases&) { look(); },
      [this](const shutdown_run&) { quit(); },
  };
}

/// Shards hold the dispatcher as it holds them: one of the two must let go. Polls that still wait
/// are answered `unavailable`.
void dispatcher::on_exit() {
  shards_.clear();
  polls_.clear();
}

/// What workers had when the engine ended is still theirs, and how much waits is counted on.
void dispatcher::read_leases() {
  const auto now = context_->store->durable_view();
  const auto read = [&](std::string_view key, std::string_view value) {
    const auto task = persistence::keys::leased_of(key);
    auto record = persistence::decode_lease(value);
    if (task && record) {
      lease l;
      l.number = record->lease;
      l.of = {task->run.scope, std::move(record->queue), std::move(record->code_ref)};
      l.worker = std::move(record->worker);
      l.length = record->length;
      put_lease(*task, std::move(l));
    } else {
      context_->log->error("a lease in the store cannot be read; it is passed over");
    }
    return view::next::more;
  };
  const auto count = [&](std::string_view, std::string_view value) {
    const auto sum = persistence::decode_counter(value);
    if (sum && *sum > 0) context_->queued_tasks.take(static_cast<std::uint64_t>(*sum));
    return view::next::more;
  };
  for (const auto& done : {now->scan(column::indexes, persistence::keys::all_leased(), read),
                           now->scan(column::counters, persistence::keys::queued_counts(), count)})
    if (!done) context_->log->error("workers' tasks cannot be read: {}", done.error().message);
}

void dispatcher::change(const tasks_changed& c) {
  const auto queued = [&](const flow::open_task& t) {
    return queued_task{{c.key.scope, t.task.queue, t.task.code_ref},
                       t.task.since,
                       {c.key, t.token},
                       t.visit,
                       t.attempt};
  };
  for (const auto& t : c.before) {
    if (t.task.lease == 0) {
      take_out(queued(t));
    } else if (const auto held = leases_.find({c.key, t.token});
               held != leases_.end() && held->second.number == t.task.lease) {
      const bool goes_on = std::any_of(c.after.begin(), c.after.end(), [&](const auto& a) {
        return a.token == t.token && a.task.lease == t.task.lease;
      });
      if (!goes_on) drop_lease({c.key, t.token});
    }
  }
  for (const auto& t : c.after) {
    if (t.task.lease == 0) {
      put_in(queued(t));
      continue;
    }
    const auto held = leases_.find({c.key, t.token});
    if (held != leases_.end() && held->second.number == t.task.lease) {
      held->second.wish = t.wish;
      continue;
    }
    lease l;
    l.number = t.task.lease;
    l.of = {c.key.scope, t.task.queue, t.task.code_ref};
    l.worker = t.task.worker;
    l.length = t.task.lease_time;
    l.wish = t.wish;
    put_lease({c.key, t.token}, std::move(l));
  }
}

dispatcher::lane& dispatcher::lane_of(const task_queue& name) {
  const auto [found, is_new] = lanes_.try_emplace(name);
  if (is_new) found->second.known_to = persistence::keys::queued_in(name).from;
  return found->second;
}

void dispatcher::forget_if_idle(const task_queue& name) {
  const auto found = lanes_.find(name);
  if (found != lanes_.end() && found->second.polls.empty() && found->second.held == 0)
    lanes_.erase(found);
}

void dispatcher::take_out(const queued_task& task) {
  const auto l = lanes_.find(task.queue);
  if (l == lanes_.end()) return;
  const auto run = l->second.waiting.find(task.key.run);
  if (run == l->second.waiting.end()) return;
  l->second.held -= run->second.erase(persistence::keys::queued(task));
  if (run->second.empty()) l->second.waiting.erase(run);
}

void dispatcher::put_in(const queued_task& task) {
  const auto found = lanes_.find(task.queue);
  if (found == lanes_.end()) return;  // it is read from the store when somebody asks for it
  lane& l = found->second;
  std::string key = persistence::keys::queued(task);
  if (l.known_to.empty() && l.held == most_held) l.known_to = key;
  if (l.known_to.empty() || key < l.known_to)
    l.held += l.waiting[task.key.run].emplace(std::move(key), task).second ? 1 : 0;
  // The oldest poll that has room; those before it are about to be answered.
  const auto next = std::find_if(l.polls.begin(), l.polls.end(),
                                 [this](poll_id id) { return polls_.at(id).wants_more(); });
  if (next != l.polls.end()) serve(*next);
}

void dispatcher::refill(const task_queue& name, lane& l) {
  auto range = persistence::keys::queued_in(name);
  range.from = std::exchange(l.known_to, {});
  const auto scanned = context_->store->durable_view()->scan(
      column::indexes, range, [&](std::string_view key, std::string_view) {
        if (l.held == most_held) {
          l.known_to = std::string{key};
          return view::next::stop;
        }
        if (auto task = persistence::keys::queued_of(key)) {
          l.held += l.waiting[task->key.run].emplace(std::string{key}, *task).second ? 1 : 0;
        } else {
          context_->log->error("an index entry names no task; it is passed over");
        }
        return view::next::more;
      });
  if (scanned) return;
  context_->log->error("tasks cannot be read: {}", scanned.error().message);
  l.known_to = range.from;
}

void dispatcher::start_poll(poll_tasks& p) {
  if (polls_.size() >= context_->settings.worker.max_polls) {
    return p.answer(
        error{errc::overloaded, "the engine has " + std::to_string(polls_.size()) +
                                    " polls that wait (worker.max_polls); try again later"});
  }
  if (p.withdrawn.stop_requested()) return p.answer(std::vector<worker_task>{});
  note_worker(p.scope, p.wanted);
  const poll_id id = ++last_poll_;
  poll& added = polls_[id];
  added.scope = p.scope;
  added.wanted = std::move(p.wanted);
  added.answer = std::move(p.answer);
  added.deadline = system().clock().now() + added.wanted.wait;
  added.next_function = id % added.wanted.functions.size();
  const bool waits = added.wanted.wait.count() > 0;
  if (waits) deadlines_.emplace(added.deadline, id);
  for (const auto& function : added.wanted.functions)
    lane_of({added.scope, added.wanted.queue, function}).polls.insert(id);
  if (waits) schedule(added.deadline);
  if (p.withdrawn.stop_possible()) {
    added.withdrawal.emplace(std::move(p.withdrawn), [self = caf::actor{this}, id] {
      caf::anon_send(self, poll_withdrawn{id});
    });
  }
  serve(id);
}

void dispatcher::serve(poll_id id) {
  const auto found = polls_.find(id);
  if (found == polls_.end()) return;
  poll& p = found->second;
  while (p.wants_more()) {
    const auto task = take_next(p);
    if (!task) break;
    ++p.asked;
    ask_for(id, *task);
  }
  if (p.asked == 0 && (!p.got.empty() || p.deadline <= system().clock().now())) finish(id);
}

/// The next task for a poll: its functions take turns, and in a lane its runs.
std::optional<dispatcher::queued_task> dispatcher::take_next(poll& p) {
  const auto& functions = p.wanted.functions;
  for (std::size_t tried = 0; tried < functions.size(); ++tried) {
    const task_queue name{p.scope, p.wanted.queue, functions[p.next_function]};
    p.next_function = (p.next_function + 1) % functions.size();
    lane& l = lane_of(name);
    if (l.held == 0 && !l.known_to.empty()) refill(name, l);
    if (l.waiting.empty()) continue;
    auto run = l.waiting.upper_bound(l.last);
    if (run == l.waiting.end()) run = l.waiting.begin();
    l.last = run->first;
    const queued_task task = run->second.begin()->second;
    run->second.erase(run->second.begin());
    if (run->second.empty()) l.waiting.erase(run);
    --l.held;
    return task;
  }
  return std::nullopt;
}

void dispatcher::ask_for(poll_id id, const queued_task& task) {
  const poll& p = polls_.at(id);
  const auto random = static_cast<std::uint64_t>(context_->rng->draw() * 0x7fffffff) + 1;
  const std::uint64_t number = random << 32 | ++last_lease_;
  flow::lease_command wanted{task.key.token,
                             task.queue.code_ref,
                             task.visit,
                             task.attempt,
                             number,
                             p.wanted.worker,
                             p.wanted.lease_time,
                             context_->settings.executor.default_timeout_ms};
  const auto answered = [self = caf::actor{this}, id, task, number](result<command_done> run) {
    caf::anon_send(self, task_granted{id, task, number,
                                      std::make_shared<result<command_done>>(std::move(run))});
  };
  send(shard_of(shards_, task.key.run),
       run_command{task.key.run, std::make_shared<flow::command>(std::move(wanted)),
                   reply<command_done>{answered}});
}

void dispatcher::on_granted(const task_granted& granted) {
  poll& p = polls_.at(granted.poll);  // it waits for everyone whom it asked
  --p.asked;
  const auto& run = *granted.run;
  if (!run && run.error().code != errc::conflict && run.error().code != errc::not_found) {
    const run_key& of = granted.task.key.run;
    const detail::log_about here{{.scope = of.scope.str(), .run = of.id.str()}};
    context_->log->warn("a task cannot be given to a worker: {}", run.error().message);
  }
  if (run && run->leased) {
    const flow::invoke_effect& call = *run->leased;
    const task_key& key = granted.task.key;
    const auto found = leases_.find(key);
    // The run told of the lease before it answered; if that is gone, so is the task.
    if (found == leases_.end() || found->second.number != granted.lease) return serve(granted.poll);
    lease& held = found->second;
    held.node = call.node;
    held.visit = call.visit;
    held.attempt = call.attempt;
    worker_task task;
    task.id = {key.run.id.str() + "~" + std::to_string(key.token) + "." +
                   std::to_string(call.visit) + "." + std::to_string(call.attempt),
               std::to_string(granted.lease)};
    task.run = key.run.id;
    task.flow = run->run.flow;
    task.node = call.node;
    task.visit = call.visit;
    task.attempt = call.attempt;
    task.code_ref = call.code_ref;
    task.args = call.args;
    task.state = call.state;
    task.idempotency_key = flow::idempotency_key(key.run, call.node, call.visit, call.compensates);
    task.answer = call.answer;
    task.lease_time = held.length;
    task.trace = call.trace;
    if (call.timeout.count() > 0) task.timeout_at = context_->clock->now() + call.timeout;
    if (call.deadline && (!task.timeout_at || *call.deadline < *task.timeout_at))
      task.timeout_at = call.deadline;
    p.got.push_back(std::move(task));
  }
  serve(granted.poll);
}

void dispatcher::withdraw(poll_id id) {
  const auto found = polls_.find(id);
  if (found == polls_.end()) return;
  poll& p = found->second;
  deadlines_.erase({p.deadline, id});
  p.deadline = system().clock().now();
  p.wanted.max = 0;
  serve(id);
}

void dispatcher::finish(poll_id id) {
  auto node = polls_.extract(id);
  poll& p = node.mapped();
  deadlines_.erase({p.deadline, id});
  for (const auto& function : p.wanted.functions) {
    const task_queue name{p.scope, p.wanted.queue, function};
    if (const auto found = lanes_.find(name); found != lanes_.end()) found->second.polls.erase(id);
    forget_if_idle(name);
  }
  p.answer(std::move(p.got));
}

void dispatcher::note_worker(const scope_name& scope, const task_poll& p) {
  const auto place = std::pair{scope, p.worker};
  if (workers_.size() >= most_workers && !workers_.contains(place)) return;
  workers_.insert_or_assign(place, seen_worker{p.queue, p.functions, context_->clock->now()});
}

void dispatcher::put_lease(const task_key& key, lease l) {
  drop_lease(key);
  l.end = system().clock().now() + l.length;
  ends_.emplace(l.end, key);
  schedule(l.end);
  leases_.insert_or_assign(key, std::move(l));
}

void dispatcher::drop_lease(const task_key& key) {
  const auto found = leases_.find(key);
  if (found == leases_.end()) return;
  ends_.erase({found->second.end, key});
  leases_.erase(found);
}

void dispatcher::touch(const heartbeat_task& t) {
  const auto found = leases_.find(t.key);
  const bool has_it = found != leases_.end() && found->second.number == t.lease;
  if (!has_it || found->second.is_over) return t.answer(lease_is_lost());
  lease& l = found->second;
  ends_.erase({l.end, t.key});
  l.end = system().clock().now() + l.length;
  ends_.emplace(l.end, t.key);
  if (const auto seen = workers_.find({t.key.run.scope, l.worker}); seen != workers_.end())
    seen->second.at = context_->clock->now();
  for (const auto& line : t.lines)
    tell(t.key, l, "step_log", {{"level", to_string(line.level)}, {"message", line.message}});
  if (t.progress) tell(t.key, l, "step_progress", {{"fraction", *t.progress}});
  t.answer(task_heartbeat{l.wish, l.length});
}

/// Tells watchers of the run what a worker says.
void dispatcher::tell(const task_key& key, lease& l, const char* kind, json detail) {
  if (!context_->events.has_subscribers()) return;
  if (l.node.empty()) {
    const auto now = context_->store->durable_view();
    auto run = persistence::load_run(*now, key.run);
    const auto* const t = run && *run ? (*run)->find_token(key.token) : nullptr;
    const auto compiled = t != nullptr ? context_->flows.get(*now, key.run.scope, (*run)->flow)
                                       : persistence::no_such_run(key.run.id);
    if (!compiled) return;
    l.node = (*compiled)->at(t->node).id;
    l.visit = t->visit;
    l.attempt = t->attempt;
  }
  context_->events.publish(
      {key.run, {0, context_->clock->now(), kind, l.node, l.visit, l.attempt, std::move(detail)}});
}

std::optional<time_point> dispatcher::oldest_in(const task_queue& name) const {
  std::optional<time_point> since;
  const auto scanned = context_->store->durable_view()->scan(
      column::indexes, persistence::keys::queued_in(name),
      [&](std::string_view key, std::string_view) {
        if (const auto task = persistence::keys::queued_of(key)) since = task->since;
        return view::next::stop;
      });
  if (!scanned) context_->log->error("tasks cannot be read: {}", scanned.error().message);
  return since;
}

void dispatcher::describe(const describe_workers& d) const {
  worker_overview all;
  std::map<task_queue, task_queue_info> queues;
  const auto info = [&](const task_queue& of) -> task_queue_info& {
    const auto [found, is_new] = queues.try_emplace(of);
    if (is_new) found->second = {of.queue, of.code_ref, 0, 0};
    return found->second;
  };
  const auto scanned = context_->store->durable_view()->scan(
      column::counters, persistence::keys::queued_counts(d.scope),
      [&](std::string_view key, std::string_view value) {
        const auto of = persistence::keys::task_queue_of(key);
        const auto sum = persistence::decode_counter(value);
        if (of && sum && *sum > 0) info(*of).queued = static_cast<std::uint64_t>(*sum);
        return view::next::more;
      });
  if (!scanned) return d.answer(scanned.error());
  for (auto& [of, each] : queues) each.oldest_at = oldest_in(of);
  std::map<std::string, std::size_t> leases;
  for (const auto& [key, l] : leases_) {
    if (key.run.scope != d.scope) continue;
    ++info(l.of).leased;
    ++leases[l.worker];
  }
  for (const auto& [place, w] : workers_) {
    if (place.first == d.scope)
      all.workers.push_back({place.second, w.queue, w.functions, leases[place.second], w.at});
  }
  for (auto& [of, each] : queues) all.queues.push_back(std::move(each));
  d.answer(std::move(all));
}

void dispatcher::look() {
  const auto now = system().clock().now();
  looks_.erase(looks_.begin(), looks_.upper_bound(now));
  while (!ends_.empty() && ends_.begin()->first <= now) {
    const task_key key = ends_.begin()->second;
    const auto found = leases_.find(key);
    PAWL_ASSERT(found != leases_.end(), "a lease ends that nobody has");
    give_up(key, found->second);
  }
  std::vector<poll_id> over;
  for (auto d = deadlines_.begin(); d != deadlines_.end() && d->first <= now; ++d)
    over.push_back(d->second);
  for (const auto id : over) {
    deadlines_.erase({polls_.at(id).deadline, id});
    serve(id);
  }
  const time_point heard_since = context_->clock->now() - worker_is_gone_after;
  std::erase_if(workers_, [&](const auto& each) { return each.second.at < heard_since; });
  if (!ends_.empty()) schedule(ends_.begin()->first);
  if (!deadlines_.empty()) schedule(deadlines_.begin()->first);
}

void dispatcher::give_up(const task_key& key, lease& l) {
  if (!std::exchange(l.is_over, true)) {
    const detail::log_about here{
        {.scope = key.run.scope.str(), .run = key.run.id.str(), .node = l.node}};
    context_->log->warn("worker {} was not heard of for {} ms; its task is given up", l.worker,
                        l.length.count());
  }
  // Asked again until the run has answered: its actor may crash before it does.
  ends_.erase({l.end, key});
  l.end = system().clock().now() + l.length;
  ends_.emplace(l.end, key);
  const auto answered = [self = caf::actor{this}, key,
                         number = l.number](const result<command_done>& done) {
    const bool knows =
        done || done.error().code == errc::conflict || done.error().code == errc::not_found;
    if (knows) caf::anon_send(self, lease_given_up{key, number});
  };
  flow::lease_lost_command lost{key.token, l.number, context_->rng->draw()};
  send(shard_of(shards_, key.run),
       run_command{key.run, std::make_shared<flow::command>(std::move(lost)),
                   reply<command_done>{answered}});
}

void dispatcher::on_given_up(const lease_given_up& g) {
  const auto found = leases_.find(g.key);
  if (found != leases_.end() && found->second.number == g.lease) drop_lease(g.key);
}

void dispatcher::schedule(moment at) {
  if (!looks_.empty() && *looks_.begin() <= at) return;
  looks_.insert(at);
  const auto wait = std::max(at - system().clock().now(), caf::actor_clock::duration_type{0});
  delayed_send(this, wait, check_leases{});
}

}  // namespace pawl::actors
