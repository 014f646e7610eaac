#include <utility>
#include <vector>

#include <spdlog/spdlog.h>
#include <pawl/assert.hpp>

#include "actors/blob_check.hpp"
#include "actors/inline_call.hpp"
#include "actors/invocations.hpp"
#include "actors/may_act.hpp"
#include "actors/run.hpp"
#include "flow/nodes/node.hpp"
#include "flow/values/json_size.hpp"
#include "persistence/keys.hpp"

namespace pawl::actors {
namespace {

/// A transition in which pure calls have taken this time, or have returned this much, makes no
/// further one: others need the thread, and the state must not outgrow its limit unchecked.
constexpr std::chrono::milliseconds max_time_of_calls{1};
constexpr std::size_t max_bytes_of_calls = std::size_t{256} << 10;

}  // namespace

bool run_actor::call_now(flow::invoke_effect& wanted, flow::step_outcome_command& made,
                         calls_made& before) {
  if (wanted.child || !wanted.queue.empty()) return false;
  if (life_.is_stopping() || !context_->admitted.is_open()) return false;
  if (before.time >= max_time_of_calls || before.bytes >= max_bytes_of_calls) return false;
  const auto function = context_->functions->find_or_null(key_.scope, wanted.code_ref);
  if (!function || !function->options.pure) return false;
  const functions::value_limits limits{context_->settings.run.max_result_bytes};
  auto call = make_invocation(context_, key_, run_->created_at, flow_->id().name, wanted, function);
  if (!call) return false;  // the ordinary way reports it
  outcome how = call_inline(*std::move(call), *context_->clock, limits);
  ++before.count;
  before.time += how.finished_at - how.started_at;
  if (how.value) before.bytes += flow::json_size(*how.value);
  made = {wanted.token,         wanted.node,    wanted.visit,    wanted.attempt,
          std::move(how.value), how.started_at, how.finished_at, std::move(how.interrupted),
          context_->rng->draw()};
  return true;
}

void run_actor::perform(flow::effect& e) {
  // A stopping engine starts no step: the run makes this call when it is next loaded.
  if (life_.is_stopping() || !run_ || !context_->admitted.is_open()) return;
  if (auto* const invoke = std::get_if<flow::invoke_effect>(&e)) {
    // An earlier effect of the same transition may have ended the run.
    if (!flow::waits_for(*flow_, *run_, invoke->token, invoke->node, invoke->visit,
                         invoke->attempt))
      return;
    if (!may_act(*context_)) return perform_later(std::move(e), may_act_again);
    call(e, {});
  } else if (const auto* const abandon = std::get_if<flow::abandon_effect>(&e)) {
    this->abandon(abandon->token);
  } else if (const auto* const orphan = std::get_if<flow::abandon_child_effect>(&e)) {
    send(directory_, child_orphaned{{key_.scope, orphan->child.child}, {}});
  } else if (run_->status == run_status::running) {
    const auto applied = apply(flow::advance_command{});
    PAWL_ASSERT_RUN(applied, "a running run can always be advanced");
  }
}

void run_actor::abandon(flow::token_id token) {
  if (const auto found = calls_.find(token); found != calls_.end())
    context_->executor->cancel(found->second.id);
  // A call that waits for its place is answered as one that waits for a thread.
  if (const auto waiting = turns_.extract(token)) {
    const turn& own = waiting.mapped();
    const time_point now = context_->clock->now();
    const error why{errc::cancelled, "the step was cancelled"};
    on_outcome({token, own.node, own.visit, own.attempt,
                std::make_shared<outcome>(outcome{why, {}, now, now})});
  }
}

void run_actor::call(flow::effect& e, turn own) {
  auto& wanted = std::get<flow::invoke_effect>(e);
  if (wanted.child) return start_child(wanted);
  if (wanted.secrets)
    if (auto known = context_->secrets->check(*wanted.secrets, key_.scope); !known)
      return refuse_call(wanted, std::move(known).error());
  if (auto queue = queue_of(*context_, key_.scope, wanted); !queue.empty())
    return enqueue_task(wanted, std::move(queue), std::move(own));
  const auto function = context_->functions->find(key_.scope, wanted.code_ref);
  if (function && !(*function)->options.run_inline)
    return call_function(e, *function, std::move(own));

  if (!function) {
    error why = function.error();
    why.type = "unknown_function";
    return refuse_call(wanted, std::move(why));
  }
  // The call releases the data before its outcome changes them, so that they change in place.
  const functions::value_limits limits{context_->settings.run.max_result_bytes};
  auto made =
      make_invocation(context_, key_, run_->created_at, flow_->id().name, wanted, *function);
  if (!made) return refuse_call(wanted, std::move(made).error());
  on_outcome({wanted.token, wanted.node, wanted.visit, wanted.attempt,
              std::make_shared<outcome>(call_inline(*std::move(made), *context_->clock, limits))});
}

void run_actor::refuse_call(const flow::invoke_effect& wanted, error why) {
  const time_point now = context_->clock->now();
  on_outcome({wanted.token, wanted.node, wanted.visit, wanted.attempt,
              std::make_shared<outcome>(outcome{std::move(why), {}, now, now})});
}

void run_actor::call_function(flow::effect& e, const functions::function_ptr& function, turn own) {
  auto& wanted = std::get<flow::invoke_effect>(e);
  auto place = take_place(context_->waiting_calls, wanted, std::move(own));
  if (!place) return;
  auto made = make_invocation(context_, key_, run_->created_at, flow_->id().name, wanted, function);
  if (!made) return refuse_call(wanted, std::move(made).error());
  invocation& call = *made;
  call.place = *std::move(place);
  if (!pause_) pause_ = std::make_shared<std::atomic<bool>>(run_->pausing());
  call.pause = pause_;
  call.done = [self = self(), token = wanted.token, node = wanted.node, visit = wanted.visit,
               attempt = wanted.attempt](outcome how) {
    post(self, step_done{token, node, visit, attempt, std::make_shared<outcome>(std::move(how))});
  };
  const auto submitted = context_->executor->submit(*std::move(made));
  if (submitted) calls_[wanted.token] = {*submitted, wanted.attempt};
  // Otherwise the engine is stopping: the run makes this call when it is next loaded.
  wanted.state = {};
}

void run_actor::enqueue_task(const flow::invoke_effect& wanted, std::string queue, turn own) {
  // Kept until the task is counted.
  const auto place = take_place(context_->queued_tasks, wanted, std::move(own));
  if (!place) return;
  apply_or_ignore(flow::enqueue_task_command{wanted.token, wanted.node, wanted.visit,
                                             wanted.attempt, std::move(queue), wanted.code_ref});
}

std::optional<fair_limiter::place> run_actor::take_place(fair_limiter& of,
                                                         const flow::invoke_effect& wanted,
                                                         turn own) {
  if (own.of == &of) return std::move(own.place);
  auto place = of.take_or_wait(key_.scope, flow_->id().name, [self = self(), token = wanted.token] {
    post(self, place_taken{token});
  });
  if (place.taken()) return place;
  turns_[wanted.token] = {&of, std::move(place), wanted.node, wanted.visit, wanted.attempt};
  return std::nullopt;
}

void run_actor::on_place_taken(const place_taken& taken) {
  const auto found = turns_.find(taken.token);
  if (found == turns_.end() || !found->second.place.taken()) return;
  turn own = std::move(turns_.extract(found).mapped());
  if (life_.is_stopping() || !run_ || !context_->admitted.is_open()) return;
  if (!flow::waits_for(*flow_, *run_, taken.token, own.node, own.visit, own.attempt)) return;
  const flow::token& token = *run_->find_token(taken.token);
  const auto& place = flow_->at(token.node);
  auto wanted = place.behaviour->call(*run_, token, place);
  if (wanted) {
    flow::effect e{*std::move(wanted)};
    return call(e, std::move(own));
  }
  // Other data than when the call was decided: its arguments cannot be computed any more.
  const time_point now = context_->clock->now();
  on_outcome({taken.token, own.node, own.visit, own.attempt,
              std::make_shared<outcome>(outcome{std::move(wanted).error(), {}, now, now})});
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
  std::vector<flow::blob_reference> named;
  add_blobs_of(value, step.result->interrupted, named);
  if (named.empty()) return apply_outcome(step);
  const auto check = [scope = key_.scope, named = std::move(named)](engine_context& context,
                                                                    const persistence::view&) {
    return check_blobs(context, scope, named);
  };
  read(check, [this, step](const result<void>& known) {
    const bool is_refused = !known && (known.error().code == errc::invalid_argument ||
                                       known.error().code == errc::limit_exceeded);
    if (is_refused) {
      step.result->value = known.error();
      step.result->interrupted.reset();
    } else if (!known) {
      // What the step has done is not lost over that, and its blobs are kept meanwhile.
      context_->log->warn("cannot check the blobs in the result of a step of run {}: {}",
                          key_.id.str(), known.error().message);
    }
    apply_outcome(step);
  });
}

void run_actor::apply_outcome(const step_done& step) {
  apply_or_ignore(flow::step_outcome_command{
      step.token, step.node, step.visit, step.attempt, std::move(step.result->value),
      step.result->started_at, step.result->finished_at, std::move(step.result->interrupted),
      context_->rng->draw()});
  forget_suspicion();
}

void run_actor::forget_suspicion() {
  if (!context_->suspects.find(key_)) return;
  context_->suspects.remove(key_);
  erase_index_entry(persistence::keys::suspect(key_));
}

}  // namespace pawl::actors
