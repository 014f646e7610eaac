#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <pawl/version_range.hpp>

#include "flow/logic/secret_place.hpp"
#include "flow/machine/delta.hpp"

namespace pawl::flow {

/// A child run to start.
struct child_start {
  flow_name flow;
  std::optional<version_range> version;  ///< none: the published version
  run_id id;                             ///< the same for all attempts of a visit
  std::uint32_t depth = 0;               ///< number of runs that it is nested in
};

/// Calls a step's function or starts a child run. The outcome comes back as a command with the same
/// `token`, `visit` and `attempt`.
struct invoke_effect {
  token_id token = 0;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;
  std::string node;
  std::string code_ref;
  std::optional<child_start> child;  ///< instead of a function; `args` is its input
  json args;
  bool args_are_computed = false;  ///< not the literal ones of the flow
  bool name_is_computed = false;   ///< of the function
  /// Where secrets belong in `args`, which has null there; null: nowhere.
  std::shared_ptr<const logic::secret_places> secrets;
  std::chrono::milliseconds timeout{0};    ///< 0: the engine's default
  std::chrono::milliseconds heartbeat{0};  ///< maximum time between heartbeats; 0: no limit
  /// The end of the time for all attempts together, in engine time.
  std::optional<time_point> deadline;
  std::optional<json> answer;  ///< to the question of an earlier call of this visit
  bool compensates = false;    ///< compensates the node's step
  std::string queue;           ///< the task queue of the call; "": the node names none
  std::uint64_t lease = 0;     ///< not 0: the worker with this lease makes the call
  step_data state;
  trace_context trace;  ///< of this call
};

/// Cancels the token's function: its outcome is no longer awaited.
struct abandon_effect {
  token_id token = 0;
};

/// Abandons the token's child run: its end is no longer awaited.
struct abandon_child_effect {
  token_id token = 0;
  abandoned_child child;
};

/// Sends the run an `advance_command`.
struct advance_effect {};

using effect = std::variant<invoke_effect, abandon_effect, abandon_child_effect, advance_effect>;

/// The result of a command: a change to make durable, and effects to perform once it is durable.
struct transition {
  delta change;  ///< sequence 0: nothing has changed, there is no checkpoint
  std::vector<effect> effects;

  [[nodiscard]] bool changes_nothing() const noexcept { return change.sequence == 0; }
};

}  // namespace pawl::flow
