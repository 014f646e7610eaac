#pragma once

#include <atomic>
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

#include "actors/fair_limiter.hpp"
#include "functions/context.hpp"
#include "functions/registry.hpp"

namespace pawl::actors {

/// How a call ended. Errors: `function_failed`, the function returned an error or threw;
/// `timed_out`; `cancelled`, by `executor::cancel` or the engine's stop. After the last two the
/// function may still run: its result is discarded.
struct outcome {
  result<json> value;
  std::optional<interruption> interrupted = {};  ///< a question; `value` is not used
  time_point started_at{};
  time_point finished_at{};
};

/// One call of a step function, with everything that it needs.
struct invocation {
  run_key run;
  time_point run_created{};
  std::string flow;  ///< its name; waiting calls of a scope take turns by it
  std::string node;
  std::uint32_t visit = 1;
  std::uint32_t attempt = 1;
  std::string idempotency_key;
  functions::function_ptr function;
  step_data state;
  json args;
  /// Where secrets were put into `args`; null: nowhere.
  std::shared_ptr<const functions::secret_store> secrets;
  std::chrono::milliseconds timeout{0};  ///< from the begin of the function; 0: no limit
  /// Maximum time between two heartbeats (`step_context::heartbeat`). 0: no limit.
  std::chrono::milliseconds heartbeat{0};
  std::optional<json> answer;                      ///< the function's `resume_value`
  std::shared_ptr<const std::atomic<bool>> pause;  ///< whether a pause is requested; null: never
  trace_context trace;
  std::shared_ptr<const functions::step_observer> observer;  ///< null: none
  /// Its place among the calls that wait, if these are limited. Given back when the call begins.
  fair_limiter::place place;
  /// Called exactly once, on any thread, unless `submit` returned an error.
  std::function<void(outcome)> done;
};

/// The fields of log lines that are written during a call.
[[nodiscard]] inline detail::log_fields about(const invocation& call) noexcept {
  return {.scope = call.run.scope.str(),
          .run = call.run.id.str(),
          .node = call.node,
          .trace = &call.trace};
}

/// The observer of a call; one that ignores everything if it has none.
[[nodiscard]] inline const functions::step_observer& observer_of(const invocation& call) noexcept {
  static const functions::step_observer ignores_all;
  return call.observer ? *call.observer : ignores_all;
}

/// What the function can ask about its call. The invocation must outlive the call.
[[nodiscard]] inline functions::call_facts facts_of(const invocation& call) {
  return {call.run,
          call.node,
          call.visit,
          call.attempt,
          call.idempotency_key,
          call.args,
          call.answer ? &*call.answer : nullptr,
          call.trace,
          call.secrets.get(),
          call.run_created,
          call.pause.get()};
}

/// Where a submitted call is on its way.
struct call_progress {
  enum class stage : std::uint8_t {
    held,      ///< an earlier call of its step has not returned
    limited,   ///< waits for a slot of its function (`max_concurrency`)
    queued,    ///< waits for a thread, or a place among those without one
    starting,  ///< has all that it needs; a thread takes it
    running,
  };
  stage now = stage::queued;
  /// Of a call that waits: calls of its flow that begin before it, at most `max_ahead`.
  std::size_t ahead = 0;
  std::size_t waiting = 0;  ///< all calls that wait like it
  std::optional<time_point> began_at = {};
  std::optional<std::chrono::milliseconds> left = {};  ///< until the time-out of a running call

  static constexpr std::size_t max_ahead = 1'000;
};

/// Identifies a submitted invocation. Never reused.
using invocation_id = std::uint64_t;

/// Runs step functions outside of the scheduler's threads. Safe for concurrent use.
class executor {
 public:
  virtual ~executor() = default;

  /// Queues a call. Errors: `unavailable` (stopping).
  [[nodiscard]] virtual result<invocation_id> submit(invocation call) = 0;

  /// Cancels a call. A queued call is answered `cancelled` at once and never begins. A running call
  /// gets its stop token requested, and is answered when the function returns or the grace period
  /// is over. Unknown ids are ignored, because a call may have just ended.
  virtual void cancel(invocation_id call) = 0;

  /// Accepts no more calls, lets running calls finish for up to `limit`, then cancels them. Returns
  /// when all calls are answered.
  virtual void stop(std::chrono::milliseconds limit) = 0;

  /// The calls at this time.
  struct load {
    std::size_t queued = 0;
    std::size_t running = 0;
    std::size_t stuck = 0;  ///< abandoned: answered, but the function has not returned
  };
  [[nodiscard]] virtual load current_load() const = 0;

  /// Where the last call of a step is; none if it has no call here. O(log n), besides `max_ahead`.
  [[nodiscard]] virtual std::optional<call_progress> progress_of(
      const run_key& /*run*/, const std::string& /*idempotency_key*/) const {
    return std::nullopt;
  }
};

}  // namespace pawl::actors
