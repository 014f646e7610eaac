#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>
#include <pawl/assert.hpp>
#include <pawl/detail/log_context.hpp>
#include <pawl/suggest.hpp>

#include "actors/invocations.hpp"
#include "actors/removal_messages.hpp"
#include "actors/run.hpp"
#include "flow/machine/history.hpp"
#include "flow/nodes/node.hpp"
#include "persistence/keys.hpp"
#include "persistence/not_found.hpp"

namespace pawl::actors {
namespace {

/// Number of tasks that a worker takes from one run in a row, without its queue. Then the other
/// runs in the queue have their turns.
constexpr std::uint32_t most_leased_in_a_row = 16;

error checkpoint_moved(const flow::run_state& run) {
  return {errc::conflict,
          "run " + run.key.id.str() + " is at checkpoint " + std::to_string(run.sequence) +
              " now; nothing was changed",
          "checkpoint_moved"};
}

error started_differently(const run_id& id) {
  return {errc::already_exists, "run " + id.str() +
                                    " was started before with another flow, version, input or "
                                    "metadata; choose another id or key"};
}

/// Warns of a signal that no node of the flow awaits. It is kept all the same: another version of
/// the caller's flow may await it.
std::vector<std::string> warnings_of(const flow::compiled_flow& flow, const flow::command& c) {
  const auto* const signal = std::get_if<flow::signal_command>(&c);
  if (signal == nullptr) return {};
  if (!flow.awaiting(signal->type).empty()) return {};
  std::string warning = "no node of flow " + flow.id().name.str() + " awaits the signal \"" +
                        signal->type + "\"; it is kept in the inbox of the run";
  if (const auto near = nearest(signal->type, flow.awaited_signals()))
    warning += ". Did you mean \"" + std::string{*near} + "\"?";
  return {std::move(warning)};
}

bool ends_run(const pending_commit& durable) {
  return durable.after.status && is_finished(*durable.after.status) &&
         !(durable.before.status && is_finished(*durable.before.status));
}

activity_counts counts_of(const pending_commit& durable) {
  activity_counts counts;
  counts.started = durable.after.status && !durable.before.status ? 1 : 0;
  if (ends_run(durable)) {
    const run_status how = *durable.after.status;
    ++(how == run_status::completed ? counts.completed
       : how == run_status::failed  ? counts.failed
                                    : counts.cancelled);
  }
  for (const auto& each : durable.events) {
    if (each.kind == flow::event_kind::step_finished) ++counts.steps;
    if (each.kind == flow::event_kind::step_failed) ++counts.step_failures;
  }
  return counts;
}

}  // namespace

bool run_actor::execute(run_command& c, const examination& found) {
  if (std::holds_alternative<flow::start_command>(*c.what)) return execute_start(c, found);
  if (!run_) {
    c.answer(persistence::no_such_run(key_.id));
    return false;
  }
  const run_status before = run_->status;
  const auto sequence_before = run_->sequence;
  const bool is_timer = std::holds_alternative<flow::timer_command>(*c.what);
  auto applied = c.if_checkpoint && *c.if_checkpoint != run_->sequence
                     ? result<void>{checkpoint_moved(*run_)}
                     : found.allowed;
  auto warnings = warnings_of(*flow_, *c.what);
  limit_turn(*c.what);
  if (applied) applied = apply(std::move(*c.what), found.checked, std::move(c.by));
  // It is not due yet if the clock was set back since it fired.
  if (is_timer && !applied) report_timers();
  commits_.when_durable([this, answer = c.answer, before,
                         refused = applied ? std::nullopt : std::optional{applied.error()},
                         summary = flow::summarize(*run_),
                         changed = run_->sequence != sequence_before, pausing = run_->pausing(),
                         warnings = std::move(warnings),
                         leased = applied ? take_leased_call() : nullptr](const error* failure) {
    if (failure != nullptr) return answer(*failure);
    if (refused) return answer(*refused);
    answer(command_done{.run = summary,
                        .before = before,
                        .changed = changed,
                        .pausing = pausing,
                        .leased = leased,
                        .warnings = warnings});
  });
  return applied.has_value();
}

bool run_actor::retries_child(const run_command& c) const {
  // A run that compensates compensates the rest whether its parent waits for it or not.
  return run_->parent && run_->status == run_status::failed && !run_->compensating &&
         std::holds_alternative<flow::retry_command>(*c.what);
}

bool run_actor::execute_start(run_command& c, const examination& found) {
  auto& start = std::get<flow::start_command>(*c.what);
  if (run_) return execute_repeated_start(c, start);
  run_.emplace();
  run_->key = key_;
  if (const auto applied = apply(std::move(*c.what), found.checked); !applied) {
    run_.reset();
    c.answer(applied.error());
    return false;
  }
  commits_.when_durable(
      [answer = c.answer, summary = flow::summarize(*run_)](const error* failure) {
        if (failure != nullptr) return answer(*failure);
        answer(command_done{.run = summary});
      });
  return true;
}

bool run_actor::execute_repeated_start(run_command& c, const flow::start_command& start) {
  const bool same = run_->start_fingerprint == start.fingerprint;
  bool over = false;
  if (same && start.parent) {
    if (const auto adopted = apply(flow::adopt_command{start.parent_attempt}); !adopted) {
      c.answer(adopted.error());
      return false;
    }
    over = run_->parent_attempt < start.parent_attempt;
  }
  commits_.when_durable([answer = c.answer, same, over,
                         summary = flow::summarize(*run_)](const error* failure) {
    if (failure != nullptr) return answer(*failure);
    if (!same) return answer(started_differently(summary.key.id));
    answer(command_done{.run = summary, .before = summary.status, .changed = false, .over = over});
  });
  return same;
}

void run_actor::apply_or_ignore(flow::command&& c) {
  if (const auto applied = apply(std::move(c)); !applied)
    context_->log->debug("{}", applied.error().message);
}

result<void> run_actor::apply(flow::command&& c, std::optional<result<void>> checked,
                              std::string by) {
  command_timer timer{c};
  const auto now = context_->engine_time->read();
  flow::apply_context apply_context{now.wall_clock, now.engine_time};
  std::vector<fair_limiter::place> places;  // until the tasks are counted
  apply_context.queue_of = [&](const flow::invoke_effect& call) {
    std::string queue = queue_of(*context_, key_.scope, call);
    if (queue.empty()) return queue;
    places.push_back(context_->queued_tasks.try_take(key_.scope));
    return places.back().taken() ? queue : std::string{};
  };
  calls_made calls;
  if (context_->functions->has_pure()) {
    apply_context.call_now = [this, &calls](flow::invoke_effect& wanted,
                                            flow::step_outcome_command& made) {
      return call_now(wanted, made, calls);
    };
  }
  apply_context.checked = std::move(checked);
  apply_context.by = std::move(by);
  const bool was_pausing = run_->pausing();
  auto moved = flow::apply(*flow_, *run_, std::move(c), apply_context);
  if (!moved) return std::move(moved).error();
  if (moved->changes_nothing()) return {};
  // Since its report the directory may have spawned another actor for the run.
  PAWL_ASSERT_RUN(life_.may_change_run(),
                  "an idle run changes only after a message of the directory");
  timer.on_applied(context_->metrics, moved->change);
  if (timer.leads_to_step()) step_timer_ = timer;
  auto recorded =
      recorder_.record(*run_, *flow_, moved->change, context_->settings.storage.snapshot_min_bytes);
  auto writes = std::make_shared<const persistence::batch>(std::move(recorded.writes));
  // Not when it is durable: this actor may crash before it is notified of that.
  count_queued_tasks(recorded.tasks);
  commits_.push({std::move(moved->effects), std::move(moved->change.events), run_->sequence,
                 moved->change.at, recorded.before, recorded.after, std::move(recorded.tasks)});
  send(persister_, commit{std::move(writes), persistence::journal_entry{key_, run_->sequence}});
  if (pause_ && run_->pausing() != was_pausing) {
    commits_.when_durable([pause = pause_, is_pausing = run_->pausing()](const error* failure) {
      if (failure == nullptr) pause->store(is_pausing, std::memory_order_relaxed);
    });
  }
  const std::uint64_t keep = flow_->allowed().history_checkpoints;
  // Only checkpoints beyond those can be pruned.
  if (recorded.wrote_state && keep > 0 && run_->sequence > keep) {
    commits_.when_durable([this, keep](const error* failure) {
      if (failure == nullptr) send(directory_, history_grown{key_, keep});
    });
  }
  if (calls.count > 0) forget_suspicion();
  return {};
}

void run_actor::on_committed() {
  pending_commit durable = commits_.pop();
  context_->metrics.commit.record(std::chrono::steady_clock::now() - durable.sent_at);
  publish(durable);
  if (const auto counts = counts_of(durable); counts != activity_counts{})
    context_->telemetry->activity.add(key_.scope, durable.at, counts);
  if (durable.after.timers != durable.before.timers)
    send(timer_, timer_changed{key_, durable.before.timers, durable.after.timers});
  if (!durable.tasks.empty()) send(dispatcher_, tasks_changed{key_, std::move(durable.tasks)});
  for (const auto& then : durable.continuations) then(nullptr);
  const bool has_ended = ends_run(durable);
  if (durable.after.status && !durable.before.status) ++context_->metrics.runs_started;
  if (has_ended) count_end(*durable.after.status, durable.events);
  if (has_ended) notify_parent();
  const bool was_retried =
      durable.before.status == run_status::failed && durable.after.status == run_status::running;
  if (was_retried && run_->parent)
    send(directory_, child_resumed{{key_.scope, *run_->parent}, key_.id, {}});
  if (step_timer_) step_timer_->on_committed(context_->metrics, durable.sequence);
  for (auto& e : durable.effects) perform(e);
}

void run_actor::count_end(run_status how, const std::vector<flow::event>& events) const {
  auto& measured = context_->metrics;
  ++(how == run_status::completed ? measured.runs_completed
     : how == run_status::failed  ? measured.runs_failed
                                  : measured.runs_cancelled);
  if (how != run_status::failed || !context_->settings.log.failed_runs) return;
  const auto skipped = context_->telemetry->failure_log.count(std::chrono::steady_clock::now());
  if (!skipped) return;
  const auto ended = std::find_if(events.begin(), events.end(), [](const flow::event& e) {
    return e.kind == flow::event_kind::run_failed;
  });
  const json why =
      ended == events.end() || !ended->detail.is_object() ? json::object() : ended->detail;
  // The run may have been retried before its failure was durable.
  const std::string node = run_ && run_->error ? run_->error->node : std::string{};
  const detail::log_about here{{.scope = key_.scope.str(), .run = key_.id.str(), .node = node}};
  context_->log->warn(
      "run failed: flow={} error={} message={}{}", to_string(flow_->id()),
      detail::log_value(why.value("type", "")), detail::log_value(why.value("message", "")),
      *skipped == 0 ? std::string{}
                    : "; " + std::to_string(*skipped) + " more runs failed and were not logged");
}

void run_actor::on_commit_failed(const error& reason) {
  // None of the later ones becomes durable either, and the next actor of the run counts again.
  for (const auto& each : commits_.all())
    count_queued_tasks({.before = each.tasks.after, .after = each.tasks.before});
  commits_.fail(reason);
  quit(caf::make_error(caf::sec::runtime_error, reason.message));
}

void run_actor::publish(const pending_commit& durable) const {
  if (durable.events.empty() || !context_->events.is_watched(key_)) return;
  for (const auto& e : durable.events)
    context_->events.publish({key_, flow::to_history(*flow_, e, durable.sequence, durable.at)});
}

void run_actor::count_queued_tasks(const persistence::task_changes& changed) const {
  const auto queued = [](const std::vector<flow::open_task>& tasks) {
    return static_cast<std::uint64_t>(std::count_if(
        tasks.begin(), tasks.end(), [](const flow::open_task& t) { return t.task.lease == 0; }));
  };
  context_->queued_tasks.take(key_.scope, queued(changed.after));
  context_->queued_tasks.give_back(key_.scope, queued(changed.before));
}

void run_actor::limit_turn(flow::command& c) {
  auto* const outcome = std::get_if<flow::step_outcome_command>(&c);
  if (std::holds_alternative<flow::lease_command>(c)) leased_in_a_row_ = 0;
  if (outcome == nullptr || !outcome->next) return;
  if (++leased_in_a_row_ > most_leased_in_a_row) outcome->next.reset();
}

std::shared_ptr<flow::invoke_effect> run_actor::take_leased_call() {
  if (commits_.empty()) return nullptr;
  auto& effects = commits_.newest().effects;
  const auto found = std::find_if(effects.begin(), effects.end(), [](const flow::effect& e) {
    const auto* const call = std::get_if<flow::invoke_effect>(&e);
    return call != nullptr && call->lease != 0;
  });
  if (found == effects.end()) return nullptr;
  auto leased = std::make_shared<flow::invoke_effect>(std::get<flow::invoke_effect>(*found));
  effects.erase(found);
  return leased;
}

void run_actor::erase_index_entry(std::string key) {
  commits_.when_durable([this, key = std::move(key)](const error* failure) {
    if (failure != nullptr) return;
    const auto find = [key](const engine_context&, const persistence::view& now) {
      const auto entry = now.get(persistence::column::indexes, key);
      return entry && entry->has_value();
    };
    read(find, [this, key](bool exists) {
      // A later transition may wait for the child again, and then needs the notice of its end.
      const auto ended = persistence::keys::ended_of(key);
      if (ended && run_ && run_->tokens.find_waiting_for(ended->child) != nullptr) return;
      if (!exists) return;
      auto writes = std::make_shared<persistence::batch>();
      writes->erase(persistence::column::indexes, key);
      commits_.push({{},
                     {},
                     run_ ? run_->sequence : 0,
                     context_->clock->now(),
                     recorder_.indexes(),
                     recorder_.indexes()});
      send(persister_, commit{std::move(writes)});
    });
  });
}

}  // namespace pawl::actors
