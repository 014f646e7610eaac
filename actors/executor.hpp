#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/detail/log_context.hpp>
#include <pawl/function.hpp>
#include <pawl/time.hpp>

#include "functions/context.hpp"
#include "functions/registry.hpp"

namespace pawl::actors {

/// How a call ended. `failed`: the function returned an error or threw; `timed_out`: its time ran
/// out; `cancelled`: `executor::cancel` or the engine's stop came first. The last two may be told
/// while the function still runs: what it returns later is thrown away.
struct outcome {
  result<json> value;
  std::optional<interruption> interrupted = {};  ///< it asks something: `value` is not looked at
  time_point started_at{};
  time_point finished_at{};
};

/// One call of a step function, everything it needs included.
struct invocation {
  run_key run;
  std::string node;
  std::uint32_t visit = 1;
  std::uint32_t attempt = 1;
  std::string idempotency_key;
  functions::function_ptr function;
  std::shared_ptr<const json> state;
  json args;
  std::chrono::milliseconds timeout{0};  ///< 0 for none; counts from when the function begins
  /// How long the function may be silent (`step_context::heartbeat`) before it is taken for dead;
  /// 0 for as long as it likes.
  std::chrono::milliseconds heartbeat{0};
  std::optional<json> answer;  ///< what the function gets as `resume_value`
  trace_context trace;
  functions::step_observer observer;
  /// Called exactly once, from any thread, unless `submit` refused the invocation.
  std::function<void(outcome)> done;
};

/// What lines of the log are about that are written for a call.
[[nodiscard]] inline detail::log_fields about(const invocation& call) noexcept {
  return {.scope = call.run.scope.str(),
          .run = call.run.id.str(),
          .node = call.node,
          .trace = &call.trace};
}

/// What its function is told of it. The invocation must outlive the call.
[[nodiscard]] inline functions::call_facts facts_of(const invocation& call) {
  return {call.run,
          call.node,
          call.visit,
          call.attempt,
          call.idempotency_key,
          call.args,
          call.answer ? &*call.answer : nullptr,
          call.trace};
}

/// Names a submitted invocation. Never reused.
using invocation_id = std::uint64_t;

/// Runs step functions away from the scheduler's threads. Safe for concurrent use.
class executor {
 public:
  virtual ~executor() = default;

  /// Queues a call. Errors: `overloaded` (the queue is full), `unavailable` (stopping).
  [[nodiscard]] virtual result<invocation_id> submit(invocation call) = 0;

  /// Asks a queued or running call to stop. A queued one is answered `cancelled` at once and never
  /// begins. A running one sees its stop token; it is answered when the function returns, or after
  /// the executor's grace period. Unknown ids are ignored: the call has just ended.
  virtual void cancel(invocation_id call) = 0;

  /// Takes no more calls, lets those in flight finish up to `limit`, then gives them up as
  /// `cancelled`. Returns when every call has been answered.
  virtual void stop(std::chrono::milliseconds limit) = 0;

  /// Calls waiting and calls running now.
  struct load {
    std::size_t queued = 0;
    std::size_t running = 0;
    std::size_t stuck = 0;  ///< given up, but their functions have not returned
  };
  [[nodiscard]] virtual load current_load() const = 0;
};

}  // namespace pawl::actors
