#include "actors/run.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <spdlog/spdlog.h>
#include <caf/all.hpp>
#include <pawl/assert.hpp>

#include "actors/inline_call.hpp"
#include "flow/machine/history.hpp"
#include "persistence/not_found.hpp"
#include "persistence/runs.hpp"

namespace pawl::actors {
namespace {

/// How long a call waits that the executor had no room for. Short against any step that fills an
/// executor, long against the cost of asking again.
constexpr std::chrono::milliseconds retry_submit_after{20};

/// How long a run stays in memory for the workers that have its tasks. Long against what a busy
/// worker needs for a task, short against the memory of runs that wait in a queue.
constexpr std::chrono::seconds stay{1};

error checkpoint_moved(const flow::run_state& run) {
  return {errc::conflict,
          "run " + run.key.id.str() + " is at checkpoint " + std::to_string(run.sequence) +
              " by now; nothing was changed",
          "checkpoint_moved"};
}

/// Tells watchers what a step says while it runs.
functions::step_observer observe(const engine_context_ptr& context, const invocation& call) {
  const auto tell = [context, run = call.run, node = call.node, visit = call.visit,
                     attempt = call.attempt](const char* kind, json detail) {
    context->events.publish(
        {run, {0, context->clock->now(), kind, node, visit, attempt, std::move(detail)}});
  };
  return {[tell](log_level level, std::string_view message) {
            tell("step_log", {{"level", to_string(level)}, {"message", message}});
          },
          [tell](double fraction) {
            tell("step_progress", {{"fraction", fraction}});
          }};
}

}  // namespace

run_actor::run_actor(caf::actor_config& config, engine_context_ptr context, run_key key,
                     caf::actor directory, caf::actor persister, caf::actor timer,
                     caf::actor dispatcher)
    : caf::event_based_actor(config),
      context_(std::move(context)),
      key_(std::move(key)),
      directory_(std::move(directory)),
      persister_(std::move(persister)),
      timer_(std::move(timer)),
      dispatcher_(std::move(dispatcher)) {
  context_->active_runs.take();
  set_exception_handler([](std::exception_ptr& thrown) -> caf::error {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
      return caf::make_error(caf::sec::runtime_error, e.what());
    }
  });
}

run_actor::~run_actor() {
  context_->active_runs.give_back();
}

/// What a crashed run called is given up: the run calls it again.
void run_actor::on_exit() {
  for (const auto& [token, call] : calls_) context_->executor->cancel(call);
}

caf::behavior run_actor::make_behavior() {
  return {
      [this](run_command& c) {
        const auto here = about_run();
        ++received_;
        if (load()) {
          // The command comes first: it may end or pause what has not gone on yet. A refused one
          // wakes nothing.
          auto due = what_is_due();
          if (handle(c)) go_on(std::move(due));
        }
        if (load_failure_) c.answer(*load_failure_);
        rest_if_idle();
      },
      [this](activate_run& w) {
        const auto here = about_run();
        ++received_;
        if (load()) {
          go_on(what_is_due());
          w.done({});
        }
        if (load_failure_) w.done(*load_failure_);
        rest_if_idle();
      },
      [this](const step_done& step) {
        const auto here = about_run();
        on_outcome(step);
        rest_if_idle();
      },
      [this](const child_answered& answered) {
        const auto here = about_run();
        on_child_answered(answered);
        rest_if_idle();
      },
      [this](const child_ended& ended) {
        const auto here = about_run();
        ++received_;
        if (load()) {
          go_on(what_is_due());
          on_child_ended(ended);
        }
        ended.done({});
        rest_if_idle();
      },
      [this](const child_orphaned& orphaned) {
        const auto here = about_run();
        ++received_;
        if (load()) {
          go_on(what_is_due());
          on_orphaned();
        }
        orphaned.done({});
        rest_if_idle();
      },
      [this](call_again& again) {
        const auto here = about_run();
        perform(*again.effect);
        rest_if_idle();
      },
      [this](const stayed_long_enough& over) {
        const auto here = about_run();
        stays_ = false;
        stayed_at_ = over.received;
        rest_if_idle();
      },
      [this](const committed&) {
        const auto here = about_run();
        on_committed();
        rest_if_idle();
      },
      [this](const commit_failed& failed) {
        const auto here = about_run();
        on_commit_failed(*failed.why);
      },
      [this](const shutdown_run&) {
        stopping_ = true;
        rest_if_idle();
      },
  };
}

/// Brings the run's state into memory, once.
bool run_actor::load() {
  if (std::exchange(loaded_, true)) return !load_failure_;
  const auto view = context_->store->durable_view();
  auto found = persistence::load_run(*view, key_);
  if (!found) {
    load_failure_ = std::move(found).error();
  } else if (*found) {
    auto compiled = context_->flows.get(*view, key_.scope, (*found)->flow);
    if (compiled) {
      flow_ = *std::move(compiled);
      run_ = *std::move(*found);
      index_state_ = persistence::index_state_of(*run_);
      // The dispatcher may not have heard of them from an actor that died before this one.
      if (!index_state_.tasks.empty())
        send(dispatcher_, tasks_changed{key_, {}, index_state_.tasks});
    } else {
      load_failure_ = std::move(compiled).error();
    }
  }
  if (load_failure_) {
    context_->log->error("a run cannot be loaded: {}", load_failure_->message);
    return false;
  }
  return true;
}

/// What the loaded run waits for, unless it was asked for before.
flow::recovery run_actor::what_is_due() const {
  return went_on_ || !run_ ? flow::recovery{} : flow::recover(*flow_, *run_);
}

/// Asks again for what the run still waits for, once.
void run_actor::go_on(flow::recovery due) {
  if (std::exchange(went_on_, true)) return;
  if (run_) reconcile_children();
  for (auto& e : due.effects) perform(e);
  for (auto& c : due.commands) {
    if (const auto applied = apply(std::move(c)); !applied)
      context_->log->debug("{}", applied.error().message);
  }
  // Its timer may have rung in vain while the run was away.
  if (in_flight_.empty() && index_state_.timer)
    send(timer_, timer_changed{key_, {}, index_state_.timer});
}

/// Carries a command out and answers it when that is durable. False if it was refused.
bool run_actor::handle(run_command& c) {
  if (std::holds_alternative<flow::start_command>(*c.what)) return handle_start(c);
  if (!run_) {
    c.answer(persistence::no_such_run(key_.id));
    return false;
  }
  const run_status before = run_->status;
  const auto applied = c.if_checkpoint && *c.if_checkpoint != run_->sequence
                           ? result<void>{checkpoint_moved(*run_)}
                           : apply(std::move(*c.what));
  after_durable([this, answer = c.answer, before,
                 refused = applied ? std::nullopt : std::optional{applied.error()},
                 summary = flow::summarize(*run_), pausing = run_->pausing(),
                 leased = applied ? take_leased() : nullptr](const error* failure) {
    if (failure != nullptr) return answer(*failure);
    if (refused) return answer(*refused);
    answer(command_done{summary, before, true, pausing, leased});
  });
  return applied.has_value();
}

bool run_actor::handle_start(run_command& c) {
  auto& start = std::get<flow::start_command>(*c.what);
  if (run_) {
    const bool same = run_->start_fingerprint == start.fingerprint;
    after_durable(
        [answer = c.answer, same, summary = flow::summarize(*run_)](const error* failure) {
          if (failure != nullptr) return answer(*failure);
          if (same) return answer(command_done{summary, summary.status, false});
          answer(error{errc::already_exists, "run " + summary.key.id.str() +
                                                 " was started before with another flow or input; "
                                                 "choose another id or key"});
        });
    return same;
  }
  auto compiled = context_->flows.get(*context_->store->durable_view(), key_.scope, start.flow);
  if (!compiled) {
    c.answer(std::move(compiled).error());
    return false;
  }
  flow_ = *std::move(compiled);
  run_.emplace();
  run_->key = key_;
  if (const auto applied = apply(std::move(*c.what)); !applied) {
    run_.reset();
    c.answer(applied.error());
    return false;
  }
  after_durable([answer = c.answer, summary = flow::summarize(*run_)](const error* failure) {
    if (failure != nullptr) return answer(*failure);
    answer(command_done{summary, std::nullopt, true});
  });
  return true;
}

result<void> run_actor::apply(flow::command&& c) {
  command_timer measured{c};
  flow::apply_context apply_with{context_->clock->now()};
  apply_with.queue_of =
      [this, room = context_->queued_tasks.left()](const flow::invoke_effect& call) mutable {
        std::string queue = room == 0 ? std::string{} : queue_of(call);
        if (!queue.empty()) --room;
        return queue;
      };
  auto moved = flow::apply(*flow_, *run_, std::move(c), apply_with);
  if (!moved) return std::move(moved).error();
  if (moved->changes_nothing()) return {};
  // The directory may have made another actor for it since.
  PAWL_ASSERT(told_rest_at_ != received_, "a run at rest moves only when the directory says so");
  measured.carried_out(context_->metrics, moved->change);
  if (measured.leads_to_step()) leads_to_step_ = measured;
  auto writes = std::make_shared<const persistence::batch>(persistence::transition_batch(
      *run_, moved->change, index_state_, context_->settings.storage.snapshot_every));
  auto before = std::exchange(index_state_, persistence::index_state_of(*run_));
  // Not when it is durable: this actor may crash before it hears of that.
  if (before.tasks != index_state_.tasks) count_queued(before.tasks, index_state_.tasks);
  in_flight_.push_back({std::move(moved->effects),
                        std::move(moved->change.events),
                        run_->sequence,
                        moved->change.at,
                        std::move(before),
                        index_state_,
                        {}});
  send(persister_, commit{std::move(writes), persistence::journal_entry{key_, run_->sequence}});
  return {};
}

void run_actor::after_durable(std::function<void(const error* failure)> what) {
  if (in_flight_.empty()) {
    what(nullptr);
  } else {
    in_flight_.back().then.push_back(std::move(what));
  }
}

void run_actor::on_committed() {
  PAWL_ASSERT(!in_flight_.empty(), "a commit was told that nobody made");
  in_flight durable = std::move(in_flight_.front());
  in_flight_.erase(in_flight_.begin());
  context_->metrics.commit.record(std::chrono::steady_clock::now() - durable.handed_over_at);
  publish(durable);
  if (durable.after.timer != durable.before.timer)
    send(timer_, timer_changed{key_, durable.before.timer, durable.after.timer});
  if (durable.after.tasks != durable.before.tasks) {
    send(dispatcher_,
         tasks_changed{key_, std::move(durable.before.tasks), std::move(durable.after.tasks)});
  }
  for (const auto& then : durable.then) then(nullptr);
  const bool has_ended = durable.after.status && is_finished(*durable.after.status) &&
                         !(durable.before.status && is_finished(*durable.before.status));
  if (has_ended) tell_parent();
  if (leads_to_step_) leads_to_step_->committed(context_->metrics, durable.sequence);
  for (auto& e : durable.effects) perform(e);
}

void run_actor::count_queued(const std::vector<flow::open_task>& before,
                             const std::vector<flow::open_task>& after) const {
  const auto queued = [](const std::vector<flow::open_task>& tasks) {
    return static_cast<std::uint64_t>(std::count_if(
        tasks.begin(), tasks.end(), [](const flow::open_task& t) { return t.task.lease == 0; }));
  };
  context_->queued_tasks.take(queued(after));
  context_->queued_tasks.give_back(queued(before));
}

void run_actor::on_commit_failed(const error& why) {
  for (const auto& lost : std::exchange(in_flight_, {}))
    for (const auto& then : lost.then) then(&why);
  quit(caf::make_error(caf::sec::runtime_error, why.message));
}

void run_actor::on_outcome(const step_done& step) {
  calls_.erase(step.token);
  // A stopping engine gives calls up; the run calls them again when it is next loaded.
  const auto& value = step.result->value;
  if (!context_->admitted.is_open() && !value && value.error().code == errc::cancelled) return;
  if (!run_) return;
  const auto applied = apply(flow::step_outcome_command{
      step.token, step.node, step.visit, step.attempt, std::move(step.result->value),
      step.result->started_at, step.result->finished_at, std::move(step.result->interrupted),
      context_->rng->draw()});
  if (!applied) context_->log->debug("{}", applied.error().message);
}

void run_actor::perform(flow::effect& e) {
  // A stopping engine begins no step: the run goes on from here when it is next loaded.
  if (stopping_ || !run_ || !context_->admitted.is_open()) return;
  if (auto* const invoke = std::get_if<flow::invoke_effect>(&e)) {
    // An earlier effect of the same transition may have ended the run.
    if (flow::waits_for(*flow_, *run_, invoke->token, invoke->node, invoke->visit, invoke->attempt))
      call(e);
  } else if (const auto* const abandon = std::get_if<flow::abandon_effect>(&e)) {
    if (const auto found = calls_.find(abandon->token); found != calls_.end())
      context_->executor->cancel(found->second);
    if (abandon->child) send(directory_, child_orphaned{{key_.scope, *abandon->child}, {}});
  } else if (run_->status == run_status::running) {
    const auto applied = apply(flow::advance_command{});
    PAWL_ASSERT(applied, "a running run can always be advanced");
  }
}

void run_actor::call(flow::effect& e) {
  auto& wanted = std::get<flow::invoke_effect>(e);
  if (wanted.child) return start_child(wanted);
  if (auto queue = queue_of(wanted); !queue.empty()) return enqueue_task(e, std::move(queue));
  const auto function = context_->functions->find(key_.scope, wanted.code_ref);
  if (!function) {
    error why = function.error();
    why.type = "unknown_function";
    const time_point now = context_->clock->now();
    return on_outcome({wanted.token, wanted.node, wanted.visit, wanted.attempt,
                       std::make_shared<outcome>(outcome{std::move(why), {}, now, now})});
  }
  if ((*function)->options.run_inline) {
    // The data must be lent to nobody any more when the outcome changes it.
    const functions::value_limits limits{context_->settings.run.max_result_bytes};
    auto called = call_inline(make_invocation(wanted, *function), *context_->clock, limits);
    return on_outcome({wanted.token, wanted.node, wanted.visit, wanted.attempt,
                       std::make_shared<outcome>(std::move(called))});
  }
  invocation call = make_invocation(wanted, *function);
  wanted.state = call.state;  // kept for another try
  call.done = [self = caf::actor_cast<caf::actor>(this), token = wanted.token, node = wanted.node,
               visit = wanted.visit, attempt = wanted.attempt](outcome result) {
    caf::anon_send(
        self, step_done{token, node, visit, attempt, std::make_shared<outcome>(std::move(result))});
  };
  auto submitted = context_->executor->submit(std::move(call));
  if (submitted) {
    calls_[wanted.token] = *submitted;
  } else if (submitted.error().code == errc::overloaded) {
    delayed_send(this, retry_submit_after, call_again{std::make_shared<flow::effect>(e)});
  }
  // Otherwise the engine is stopping: the run goes on from here when it is next loaded.
  wanted.state.reset();
}

std::string run_actor::queue_of(const flow::invoke_effect& call) const {
  if (!call.queue.empty()) return call.queue;
  const auto& queue = context_->settings.worker.default_queue;
  return queue.empty() || context_->functions->has(key_.scope, call.code_ref) ? "" : queue;
}

void run_actor::enqueue_task(flow::effect& e, std::string queue) {
  const auto& wanted = std::get<flow::invoke_effect>(e);
  if (context_->queued_tasks.full()) {
    delayed_send(this, retry_submit_after, call_again{std::make_shared<flow::effect>(e)});
    return;
  }
  const auto applied = apply(flow::enqueue_task_command{
      wanted.token, wanted.node, wanted.visit, wanted.attempt, std::move(queue), wanted.code_ref});
  if (!applied) context_->log->debug("{}", applied.error().message);
}

std::shared_ptr<flow::invoke_effect> run_actor::take_leased() {
  if (in_flight_.empty()) return nullptr;
  auto& effects = in_flight_.back().effects;
  const auto found = std::find_if(effects.begin(), effects.end(), [](const flow::effect& e) {
    const auto* const call = std::get_if<flow::invoke_effect>(&e);
    return call != nullptr && call->lease != 0;
  });
  if (found == effects.end()) return nullptr;
  auto leased = std::make_shared<flow::invoke_effect>(std::get<flow::invoke_effect>(*found));
  effects.erase(found);
  return leased;
}

invocation run_actor::make_invocation(flow::invoke_effect& wanted,
                                      const functions::function_ptr& function) const {
  invocation call;
  call.run = key_;
  call.node = wanted.node;
  call.visit = wanted.visit;
  call.attempt = wanted.attempt;
  call.idempotency_key = flow::idempotency_key(key_, wanted.node, wanted.visit, wanted.compensates);
  call.function = function;
  call.state = std::move(wanted.state);
  call.args = wanted.args;
  call.timeout =
      wanted.timeout.count() > 0 ? wanted.timeout : context_->settings.executor.default_timeout_ms;
  if (wanted.deadline) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(*wanted.deadline - context_->clock->now());
    const auto at_least = std::max(left, std::chrono::milliseconds{1});
    call.timeout = call.timeout.count() > 0 ? std::min(call.timeout, at_least) : at_least;
  }
  call.heartbeat = wanted.heartbeat;
  call.answer = wanted.answer;
  call.trace = wanted.trace;
  if (context_->events.has_subscribers()) call.observer = observe(context_, call);
  return call;
}

void run_actor::publish(const in_flight& durable) const {
  if (durable.events.empty() || !context_->events.is_watched(key_)) return;
  for (const auto& e : durable.events)
    context_->events.publish({key_, flow::to_history(*flow_, e, durable.sequence, durable.at)});
}

bool run_actor::stays() {
  const bool may = !stopping_ && went_on_ && !index_state_.tasks.empty() &&
                   stayed_at_ != received_ &&
                   context_->active_runs.used() < context_->active_runs.most() / 2;
  if (may && !std::exchange(stays_, true)) delayed_send(this, stay, stayed_long_enough{received_});
  return may;
}

result<ended_run> run_actor::what_rests() const {
  if (load_failure_) return *load_failure_;
  if (!run_) return persistence::no_such_run(key_.id);
  ended_run run{flow::summarize(*run_)};
  if (is_finished(run_->status)) run.state = std::make_shared<const flow::run_state>(*run_);
  return run;
}

void run_actor::rest_if_idle() {
  if (!in_flight_.empty()) return;
  const bool idle = load_failure_ || !run_ || !went_on_ || flow::is_parked(*run_);
  if (idle && told_rest_at_ != received_ && !stays()) {
    told_rest_at_ = received_;
    send(directory_, run_idle{key_, received_, went_on_,
                              std::make_shared<const result<ended_run>>(what_rests())});
  }
  if (stopping_) quit();
}

}  // namespace pawl::actors
