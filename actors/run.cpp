#include "actors/run.hpp"

#include <exception>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/signal_stack.hpp"
#include "persistence/not_found.hpp"

namespace pawl::actors {
namespace {

/// How long a run lingers in memory for its workers. Long compared to what a busy worker needs for
/// a task, short compared to the time that runs wait in a queue.
constexpr std::chrono::seconds linger_time{1};

}  // namespace

run_actor::run_actor(caf::actor_config& config, engine_context_ptr context, run_key key,
                     caf::actor directory, caf::actor persister, caf::actor timer,
                     caf::actor dispatcher, active_place place)
    : actor_base(config),
      context_(std::move(context)),
      key_(std::move(key)),
      directory_(std::move(directory)),
      persister_(std::move(persister)),
      timer_(std::move(timer)),
      dispatcher_(std::move(dispatcher)),
      recorder_(key_) {
  if (place == active_place::to_take) context_->active_runs.take();
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

/// Cancels the calls of a crashed run: its next actor makes them again.
void run_actor::on_exit() {
  for (const auto& [token, call] : calls_) context_->executor->cancel(call.id);
}

template <class Message>
auto run_actor::handler() {
  return [this](Message& message) {
    provide_signal_stack();
    const detail::log_about here{{.scope = key_.scope.str(), .run = key_.id.str()}};
    handle(message);
    settle();
  };
}

caf::behavior run_actor::make_behavior() {
  return {
      handler<run_command>(),
      handler<activate_run>(),
      handler<const step_done>(),
      handler<const child_answered>(),
      handler<const child_ended>(),
      handler<const child_orphaned>(),
      handler<const child_resumed>(),
      handler<retry_effect>(),
      handler<const linger_over>(),
      handler<const committed>(),
      [this](const commit_failed& failed) {
        const detail::log_about here{{.scope = key_.scope.str(), .run = key_.id.str()}};
        on_commit_failed(*failed.reason);
      },
      handler<const shutdown_run>(),
  };
}

void run_actor::handle(run_command& c) {
  life_.on_message();
  if (load()) {
    // The command comes before the unfinished work, which it may end or pause. A refused command
    // resumes nothing.
    auto work = unfinished_work();
    if (execute(c)) resume(std::move(work));
  }
  if (load_failure_) c.answer(*load_failure_);
}

void run_actor::handle(activate_run& a) {
  life_.on_message();
  if (load()) {
    resume(unfinished_work());
    if (context_->settings.engine.recovery_batch == 0) activate_children();
    a.done({});
  }
  if (load_failure_) a.done(*load_failure_);
}

template <class Handle>
void run_actor::on_notice(const reply<void>& done, Handle handle) {
  life_.on_message();
  if (load()) {
    resume(unfinished_work());
    handle();
  }
  done({});
}

void run_actor::handle(const child_ended& ended) {
  on_notice(ended.done, [&] { on_child_ended(ended); });
}

void run_actor::handle(const child_orphaned& orphaned) {
  on_notice(orphaned.done, [&] { obey_orphan_entry(*context_->store->durable_view()); });
}

void run_actor::handle(const child_resumed& resumed) {
  on_notice(resumed.done, [&] { on_child_resumed(resumed.child); });
}

bool run_actor::load() {
  if (!life_.start_loading()) return !load_failure_;
  loading_ = context_->loads.take(key_);
  const auto view = context_->store->durable_view();
  auto found = persistence::load_run(*view, key_);
  if (!found) {
    load_failure_ = std::move(found).error();
  } else if (*found) {
    auto compiled = context_->flows.get(*view, key_.scope, (*found)->state.flow);
    if (compiled) {
      flow_ = *std::move(compiled);
      recorder_ = persistence::run_recorder{(*found)->state, (*found)->size};
      run_ = std::move((*found)->state);
      // A crashed actor may not have reported these tasks to the dispatcher.
      if (!recorder_.indexes().tasks.empty())
        send(dispatcher_, tasks_changed{key_, {}, recorder_.indexes().tasks});
    } else {
      load_failure_ = std::move(compiled).error();
    }
  }
  if (load_failure_) context_->log->error("cannot load the run: {}", load_failure_->message);
  return !load_failure_;
}

flow::recovery run_actor::unfinished_work() const {
  return life_.resumed() || !run_ ? flow::recovery{} : flow::recover(*flow_, *run_);
}

void run_actor::resume(flow::recovery work) {
  if (!life_.resume()) return;
  if (run_) reconcile_children();
  for (auto& e : work.effects) perform(e);
  for (auto& c : work.commands) apply_or_ignore(std::move(c));
  // The timer may have fired without effect while the run was not loaded.
  if (commits_.empty() && recorder_.indexes().timer)
    send(timer_, timer_changed{key_, {}, recorder_.indexes().timer});
}

result<ended_run> run_actor::current_run() const {
  if (load_failure_) return *load_failure_;
  if (!run_) return persistence::no_such_run(key_.id);
  ended_run run{flow::summarize(*run_)};
  if (is_finished(run_->status)) run.state = std::make_shared<const flow::run_state>(*run_);
  return run;
}

void run_actor::settle() {
  loading_ = {};
  if (!commits_.empty()) return life_.on_pending_commits();
  const bool parked = load_failure_ || !run_ || flow::is_parked(*run_);
  const bool may_linger = !recorder_.indexes().tasks.empty() &&
                          context_->active_runs.used() < context_->active_runs.most() / 2;
  const auto next = life_.settle(parked, may_linger);
  if (next.start_linger_timer) send_self_after(linger_time, linger_over{life_.received()});
  if (next.report_idle) {
    send(directory_, run_idle{key_, life_.received(), life_.resumed(),
                              std::make_shared<const result<ended_run>>(current_run())});
  }
  if (next.end) quit();
}

}  // namespace pawl::actors
