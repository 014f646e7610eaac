#include "actors/invocations.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "flow/machine/machine.hpp"

namespace pawl::actors {

std::shared_ptr<const functions::step_observer> make_step_observer(
    const engine_context_ptr& context) {
  // The executor, which the context owns, has the calls, and these the observer.
  const std::weak_ptr<engine_context> owner = context;
  functions::step_observer made;
  made.on_log = [owner](const functions::call_facts& of, log_level level,
                        std::string_view message) {
    if (const auto to = owner.lock())
      report_step_line(*to, of.run, of.run_created,
                       {to->clock->now(),
                        std::string{to_string(level)},
                        std::string{of.node},
                        of.visit,
                        of.attempt,
                        std::string{message},
                        {},
                        nullptr});
  };
  made.on_progress = [owner](const functions::call_facts& of, double fraction) {
    const auto to = owner.lock();
    if (!to || !to->events.has_subscribers()) return;
    to->events.publish({of.run,
                        {0,
                         to->clock->now(),
                         "step_progress",
                         std::string{of.node},
                         of.visit,
                         of.attempt,
                         {{"fraction", fraction}}}});
  };
  return std::make_shared<const functions::step_observer>(std::move(made));
}

void report_step_line(engine_context& to, const run_key& run, std::optional<time_point> created,
                      run_log_line line) {
  if (to.events.has_subscribers()) {
    json detail{{"level", line.level}, {"message", line.message}};
    if (!line.about.empty()) detail["about"] = line.about;
    if (!line.context.is_null()) detail["context"] = line.context;
    to.events.publish(
        {run, {0, line.at, "step_log", line.node, line.visit, line.attempt, std::move(detail)}});
  }
  to.log_lines.add(run, std::move(line), created);
}

result<invocation> make_invocation(const engine_context_ptr& context, const run_key& run,
                                   time_point run_created, const flow_name& flow,
                                   flow::invoke_effect& wanted,
                                   const functions::function_ptr& function) {
  invocation call;
  call.args = wanted.args;
  if (wanted.secrets) {
    if (auto filled = context->secrets->fill(call.args, *wanted.secrets, run.scope); !filled)
      return std::move(filled).error();
    call.secrets = context->secrets;
  }
  call.run = run;
  call.run_created = run_created;
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
  call.observer = context->step_observer;
  return call;
}

std::string queue_of(const engine_context& context, const scope_name& scope,
                     const flow::invoke_effect& call) {
  if (!call.queue.empty()) return call.queue;
  const auto& queue = context.settings.worker.default_queue;
  return queue.empty() || context.functions->has(scope, call.code_ref) ? "" : queue;
}

}  // namespace pawl::actors
