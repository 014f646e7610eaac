#include "actors/invocations.hpp"

#include <algorithm>
#include <utility>

#include "flow/machine/machine.hpp"

namespace pawl::actors {
namespace {

/// Publishes the log lines and the progress of a running step.
functions::step_observer observe(const engine_context_ptr& context, const invocation& call) {
  const auto publish = [context, run = call.run, node = call.node, visit = call.visit,
                        attempt = call.attempt](const char* kind, json detail) {
    context->events.publish(
        {run, {0, context->clock->now(), kind, node, visit, attempt, std::move(detail)}});
  };
  return {[publish](log_level level, std::string_view message) {
            publish("step_log", {{"level", to_string(level)}, {"message", message}});
          },
          [publish](double fraction) {
            publish("step_progress", {{"fraction", fraction}});
          }};
}

}  // namespace

result<invocation> make_invocation(const engine_context_ptr& context, const run_key& run,
                                   const flow_name& flow, flow::invoke_effect& wanted,
                                   const functions::function_ptr& function) {
  invocation call;
  call.args = wanted.args;
  if (wanted.secrets) {
    if (auto filled = context->secrets->fill(call.args, *wanted.secrets, run.scope); !filled)
      return std::move(filled).error();
    call.secrets = context->secrets;
  }
  call.run = run;
  call.flow = flow.str();
  call.node = wanted.node;
  call.visit = wanted.visit;
  call.attempt = wanted.attempt;
  call.idempotency_key = flow::idempotency_key(run, wanted.node, wanted.visit, wanted.compensates);
  call.function = function;
  call.state = std::move(wanted.state);
  call.timeout =
      wanted.timeout.count() > 0 ? wanted.timeout : context->settings.executor.default_timeout_ms;
  if (wanted.deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*wanted.deadline -
                                                                   context->engine_time->now());
    const auto at_least = std::max(left, std::chrono::milliseconds{1});
    call.timeout = call.timeout.count() > 0 ? std::min(call.timeout, at_least) : at_least;
  }
  call.heartbeat = wanted.heartbeat;
  call.answer = wanted.answer;
  call.trace = wanted.trace;
  if (context->events.has_subscribers()) call.observer = observe(context, call);
  return call;
}

std::string queue_of(const engine_context& context, const scope_name& scope,
                     const flow::invoke_effect& call) {
  if (!call.queue.empty()) return call.queue;
  const auto& queue = context.settings.worker.default_queue;
  return queue.empty() || context.functions->has(scope, call.code_ref) ? "" : queue;
}

}  // namespace pawl::actors
