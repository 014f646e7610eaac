#pragma once

#include <vector>

#include <pawl/worker.hpp>

#include "flow/definition/compiled.hpp"
#include "flow/machine/apply_context.hpp"
#include "flow/machine/command.hpp"
#include "flow/machine/transition.hpp"

/// The run state machine: the one place that decides what a run does next. Pure: what it returns
/// depends on its arguments alone.
namespace pawl::flow {

/// Applies a command to a run. `run` is changed in place (its data may be large); the transition
/// tells what changed and what to do once that is durable. On error `run` is as it was before.
/// Errors: `illegal_transition` (what the status does not allow; the message says what is legal),
/// `conflict` (compare-and-set lost, or an outcome nobody waits for any more), `limit_exceeded`
/// and `invalid_argument` (start input).
[[nodiscard]] result<transition> apply(const compiled_flow& flow, run_state& run, command&& c,
                                       const apply_context& context);

/// The effects that a run is waiting for: to be performed again when it was loaded after a crash.
/// What cannot be asked for again is told by commands: a call whose arguments cannot be computed as
/// its failed outcome, one that must not be made twice as being in doubt.
struct recovery {
  std::vector<effect> effects;
  std::vector<command> commands;
};
[[nodiscard]] recovery recover(const compiled_flow& flow, const run_state& run);

/// True while the token waits for a call of this node on this visit, at this attempt: the four name
/// a call. A token that has gone on may be at another node as often.
[[nodiscard]] bool waits_for(const compiled_flow& flow, const run_state& run, token_id token,
                             std::string_view node, std::uint32_t visit,
                             std::uint32_t attempt) noexcept;

/// True while a run that is at rest needs no actor: nothing it has to do, and no outcome it waits
/// for but those of workers and of other runs.
[[nodiscard]] bool is_parked(const run_state& run) noexcept;

/// A call that a worker can take, or has taken.
struct open_task {
  token_id token = 0;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  remote_task task;
  task_wish wish = task_wish::none;  ///< of a leased one

  friend bool operator==(const open_task&, const open_task&) = default;
};
/// By token. Calls that nobody has taken are left out while the run begins nothing.
[[nodiscard]] std::vector<open_task> open_tasks(const run_state& run);

/// The key that all calls of this token's visit carry: "scope/run/node/visit", with "/compensate"
/// behind it for the calls that undo its step.
[[nodiscard]] std::string idempotency_key(const run_key& run, const std::string& node,
                                          std::uint32_t visit, bool compensates = false);

/// What a call tells whom it calls. The trace id is the one that was given when the run was
/// started, or follows from scope and run; the parent id follows from the idempotency key and the
/// attempt: the same call tells the same, however often it is made.
[[nodiscard]] trace_context trace_of_call(const run_state& run, std::string_view idempotency_key,
                                          std::uint32_t attempt);

/// The commands that a run takes now, for messages: "pause, update or cancel", …
[[nodiscard]] std::string_view legal_commands(const run_state& run) noexcept;

}  // namespace pawl::flow
