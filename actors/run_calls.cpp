#include <utility>

#include <spdlog/spdlog.h>
#include <pawl/assert.hpp>

#include "actors/inline_call.hpp"
#include "actors/invocations.hpp"
#include "actors/run.hpp"
#include "persistence/keys.hpp"

namespace pawl::actors {
namespace {

/// How long a call waits that the executor or the task queue had no room for. Short compared to the
/// steps that fill an executor, long compared to the cost of another try.
constexpr std::chrono::milliseconds retry_full_after{20};

}  // namespace

void run_actor::perform(flow::effect& e) {
  // A stopping engine starts no step: the run makes this call when it is next loaded.
  if (life_.is_stopping() || !run_ || !context_->admitted.is_open()) return;
  if (auto* const invoke = std::get_if<flow::invoke_effect>(&e)) {
    // An earlier effect of the same transition may have ended the run.
    if (flow::waits_for(*flow_, *run_, invoke->token, invoke->node, invoke->visit, invoke->attempt))
      call(e);
  } else if (const auto* const abandon = std::get_if<flow::abandon_effect>(&e)) {
    if (const auto found = calls_.find(abandon->token); found != calls_.end())
      context_->executor->cancel(found->second.id);
  } else if (const auto* const orphan = std::get_if<flow::abandon_child_effect>(&e)) {
    send(directory_, child_orphaned{{key_.scope, orphan->child.child}, {}});
  } else if (run_->status == run_status::running) {
    const auto applied = apply(flow::advance_command{});
    PAWL_ASSERT_RUN(applied, "a running run can always be advanced");
  }
}

void run_actor::call(flow::effect& e) {
  auto& wanted = std::get<flow::invoke_effect>(e);
  if (wanted.child) return start_child(wanted);
  if (auto queue = queue_of(*context_, key_.scope, wanted); !queue.empty())
    return enqueue_task(e, std::move(queue));
  const auto function = context_->functions->find(key_.scope, wanted.code_ref);
  if (function && !(*function)->options.run_inline) return call_function(e, *function);

  const auto take = [&](outcome how) {
    on_outcome({wanted.token, wanted.node, wanted.visit, wanted.attempt,
                std::make_shared<outcome>(std::move(how))});
  };
  if (!function) {
    error why = function.error();
    why.type = "unknown_function";
    const time_point now = context_->clock->now();
    return take({std::move(why), {}, now, now});
  }
  // The call releases the data before its outcome changes them, so that they change in place.
  const functions::value_limits limits{context_->settings.run.max_result_bytes};
  take(call_inline(make_invocation(context_, key_, wanted, *function), *context_->clock, limits));
}

void run_actor::call_function(flow::effect& e, const functions::function_ptr& function) {
  auto& wanted = std::get<flow::invoke_effect>(e);
  invocation call = make_invocation(context_, key_, wanted, function);
  wanted.state = call.state;  // for another try
  call.done = [self = self(), token = wanted.token, node = wanted.node, visit = wanted.visit,
               attempt = wanted.attempt](outcome how) {
    post(self, step_done{token, node, visit, attempt, std::make_shared<outcome>(std::move(how))});
  };
  const auto submitted = context_->executor->submit(std::move(call));
  if (submitted) {
    calls_[wanted.token] = {*submitted, wanted.attempt};
  } else if (submitted.error().code == errc::overloaded) {
    perform_later(e, retry_full_after);
  }
  // Otherwise the engine is stopping: the run makes this call when it is next loaded.
  wanted.state.reset();
}

void run_actor::enqueue_task(flow::effect& e, std::string queue) {
  const auto& wanted = std::get<flow::invoke_effect>(e);
  if (context_->queued_tasks.full()) return perform_later(e, retry_full_after);
  apply_or_ignore(flow::enqueue_task_command{wanted.token, wanted.node, wanted.visit,
                                             wanted.attempt, std::move(queue), wanted.code_ref});
}

void run_actor::perform_later(flow::effect e, std::chrono::milliseconds delay) {
  send_self_after(delay, retry_effect{std::make_shared<flow::effect>(std::move(e))});
}

void run_actor::on_outcome(const step_done& step) {
  if (const auto call = calls_.find(step.token);
      call != calls_.end() && call->second.attempt == step.attempt)
    calls_.erase(call);
  // A stopping engine cancels calls; the run makes them again when it is next loaded.
  const auto& value = step.result->value;
  if (!context_->admitted.is_open() && !value && value.error().code == errc::cancelled) return;
  if (!run_) return;
  apply_or_ignore(flow::step_outcome_command{
      step.token, step.node, step.visit, step.attempt, std::move(step.result->value),
      step.result->started_at, step.result->finished_at, std::move(step.result->interrupted),
      context_->rng->draw()});
  if (context_->suspects.find(key_)) {
    // The process survived this step, so the run makes progress.
    context_->suspects.remove(key_);
    erase_index_entry(persistence::keys::suspect(key_));
  }
}

}  // namespace pawl::actors
