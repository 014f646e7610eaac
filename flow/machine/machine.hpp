#pragma once

#include <vector>

#include <pawl/worker.hpp>

#include "flow/definition/compiled.hpp"
#include "flow/machine/apply_context.hpp"
#include "flow/machine/command.hpp"
#include "flow/machine/transition.hpp"

/// The state machine of a run: it decides what a run does next. Pure: results depend on the
/// arguments alone.
namespace pawl::flow {

/// Applies a command to a run. Changes `run` in place, because its data may be large, and returns
/// the change and the effects to perform once it is durable. On error `run` is unchanged.
/// Errors: `illegal_transition` if the state of the run does not allow the command (the message
/// lists the commands that are allowed), `conflict` if a compare-and-set failed or an outcome is no
/// longer awaited, `invalid_argument` and `limit_exceeded` for the arguments of the command.
[[nodiscard]] result<transition> apply(const compiled_flow& flow, run_state& run, command&& c,
                                       const apply_context& context);

/// What to do with a run that was loaded after a crash: effects to perform again, and commands for
/// calls that cannot be repeated. A call whose arguments cannot be computed has failed; a call that
/// runs at most once is in doubt.
struct recovery {
  std::vector<effect> effects;
  std::vector<command> commands;
};
[[nodiscard]] recovery recover(const compiled_flow& flow, const run_state& run);

/// Returns true while the run waits for the call that token, node, visit and attempt identify.
[[nodiscard]] bool waits_for(const compiled_flow& flow, const run_state& run, token_id token,
                             std::string_view node, std::uint32_t visit,
                             std::uint32_t attempt) noexcept;

/// Returns true if the run has a token that moves when the run is advanced.
[[nodiscard]] bool has_runnable(const run_state& run) noexcept;

/// Returns true if a run needs no actor between two commands: it has nothing to do, and waits only
/// for workers, other runs, timers, signals and answers.
[[nodiscard]] bool is_parked(const run_state& run) noexcept;

/// Returns true if the run has failed and a retry can resume it: it has a step to retry, because
/// its steps were not all compensated.
[[nodiscard]] bool can_be_retried(const run_state& run) noexcept;

/// Returns the token whose visit has started the child run, whether it waits for it now or not.
/// Null if the run has moved on.
[[nodiscard]] const token* find_visit_of(const compiled_flow& flow, const run_state& run,
                                         const run_id& child);

/// A task that a worker can lease or has leased.
struct open_task {
  token_id token = 0;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  remote_task task;
  task_wish wish = task_wish::none;  ///< what the worker of a leased task is asked to do

  friend bool operator==(const open_task&, const open_task&) = default;
};
/// Returns true if the token has a task in a queue, and the run lets a worker lease it.
[[nodiscard]] bool can_be_leased(const run_state& run, const token& t) noexcept;
/// The task of a token; none if it has none that counts.
[[nodiscard]] std::optional<open_task> open_task_of(const run_state& run, const token& t);
/// The tasks of a run, by token. Tasks that are not leased are left out while the run starts
/// nothing.
[[nodiscard]] std::vector<open_task> open_tasks(const run_state& run);

/// The idempotency key of all calls of one visit: "scope/run/node/visit", followed by "/compensate"
/// for the calls that compensate the step.
[[nodiscard]] std::string idempotency_key(const run_key& run, const std::string& node,
                                          std::uint32_t visit, bool compensates = false);

/// The trace context of a call. The trace id is that of the start of the run, else derived from
/// scope and run. The parent id is derived from the idempotency key and the attempt, so a repeated
/// call has the same trace context.
[[nodiscard]] trace_context trace_of_call(const run_state& run, std::string_view idempotency_key,
                                          std::uint32_t attempt);

/// The commands that a run allows now, for messages: "pause, signal, cancel", …
[[nodiscard]] std::string_view legal_commands(const run_state& run) noexcept;

}  // namespace pawl::flow
